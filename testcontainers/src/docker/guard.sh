# Removes the containers and networks with the label $1 when standard input ends, which comes by itself when the test
# process dies. The rest of the arguments is the docker command.
label=$1
shift
trap '' HUP INT TERM
read -r end
# What the daemon was about to create just then is there a moment later: so look again.
for pause in 0 1 4; do
    sleep "$pause"
    containers=$("$@" ps --all --quiet --filter "label=$label")
    # Without quotes: one word each.
    [ -z "$containers" ] || "$@" rm --force --volumes $containers
    networks=$("$@" network ls --quiet --filter "label=$label")
    [ -z "$networks" ] || "$@" network rm $networks
done
