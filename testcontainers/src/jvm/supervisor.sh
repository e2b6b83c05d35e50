# Runs one program for a test process and sees to it that the program does not outlive it.
#
#   $1 the program's standard input   $2 the file for its standard output, empty: our own
#   $3 the file for its standard error   then: the program
#
# Standard input is the lifeline: its end, which comes by itself when the test process dies, ends the program.
# Standard error is the control pipe. It says the program's process id, and is at its end when the program has ended:
# nobody else holds it open. Until the lifeline ends we do not reap the program, so that its id stays its own.
input=$1 output=$2 errors=$3
shift 3
# We may be told to end, and PIPE comes when the test process dies just before the id is said: then on to the kill.
trap : HUP INT TERM PIPE
exec 3>&2 2>/dev/null
[ -z "$output" ] || exec >>"$output"
"$@" 2>>"$errors" <"$input" &
program=$!
echo "$program" >&3
exec 3>&- >&-
read -r end
kill -s KILL "$program"
wait "$program"
