# SPDX-License-Identifier: Apache-2.0
# The logits of a step stay a variable of the program's.
forge gpt-held train.memviz
memviz report --top=0 train.memviz
forge gpt-oom-held oom.memviz
memviz report --top=0 --json oom.memviz >oom.json
python3 - <<END
import json

report = json.load(open("oom.json"))
print(json.dumps({"bands": [band for band in report["bands"] if band["sublabels"]], "finding": report["finding"]}, indent=2))
END
