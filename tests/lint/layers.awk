# SPDX-License-Identifier: Apache-2.0
# Which room may include which: the table of the house, checked against every #include "room/file.h".
# Input: lines "FILE:#include "ROOM/FILE.h"", as grep -H prints them.
BEGIN {
	may["base"] = "base"
	may["format"] = "format base"
	may["cuda"] = "cuda base"
	may["python"] = "python base"
	may["stack"] = "stack base python"
	may["store"] = "store base format"
	may["torch"] = "torch base stack"
	may["session"] = "session base format cuda torch stack store"
	may["read"] = "read base format"
	may["symbol"] = "symbol base"
	may["analyze"] = "analyze base format read symbol"
	may["export"] = "export base format read symbol analyze"
	may["import"] = "import base read"
	may["tui"] = "tui base read symbol analyze"
	may["cmd"] = "cmd base format read symbol analyze export import tui"
	FS = ":"
}
{
	count = split($1, part, "/")
	room = part[count - 1]
	target = $2
	sub(/^#include "/, "", target)
	sub(/".*/, "", target)
	if (target !~ /\//)
		next			# generated, below the build folder
	split(target, at, "/")
	if (at[1] == "memviz" || index(" " may[room] " ", " " at[1] " "))
		next
	printf "%s: %s may not include %s\n", $1, room, target
	bad = 1
}
END { exit bad }
