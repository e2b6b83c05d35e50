# Removes the folder $1 when standard input ends, which comes by itself when the test process dies.
# A program that is being ended may still write into the folder: then once more.
trap '' HUP INT TERM
read -r end
tries=0
while [ -e "$1" ] && [ "$tries" -lt 50 ]; do
    rm -rf "$1" || sleep 0.1 || sleep 1
    tries=$((tries + 1))
done
