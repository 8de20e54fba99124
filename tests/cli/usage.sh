# SPDX-License-Identifier: Apache-2.0
memviz; echo "exit $?"
memviz bogus; echo "exit $?"
memviz report --bogus x; echo "exit $?"
memviz report -x x; echo "exit $?"
memviz report --at; echo "exit $?"
memviz report; echo "exit $?"
memviz report a b; echo "exit $?"
memviz help bogus; echo "exit $?"
memviz html x.memviz; echo "exit $?"
memviz run --ring=much true; echo "exit $?"
memviz run --gpu=real true; echo "exit $?"
memviz help >/dev/null && memviz report --help >/dev/null && memviz help check >/dev/null && memviz --version >/dev/null
