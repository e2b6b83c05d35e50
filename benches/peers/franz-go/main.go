// franz-go, on the command line that all clients have: see benches/src/harness/job.rs for what the words mean.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"runtime/debug"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// What the client is to do.
type job struct {
	task         string
	servers      string
	topic        string
	partitions   int
	recordSize   int
	batchBytes   int
	largestBatch int
	lingerMs     int
	idempotent   bool
	settings     string
	way          string
	warmUp       float64
	seconds      float64
	rate         int
	pacerCore    int
	records      uint64
	values       string
	compression  string
	group        string
	groups       int
	protocol     string
}

func parse() job {
	var j job
	if len(os.Args) < 2 {
		fail(fmt.Errorf("no task"))
	}
	j.task = os.Args[1]
	flags := flag.NewFlagSet(j.task, flag.ExitOnError)
	flags.StringVar(&j.servers, "servers", "", "where the broker is")
	flags.StringVar(&j.topic, "topic", "bench", "")
	flags.IntVar(&j.partitions, "partitions", 1, "written to in turn, or all read")
	flags.IntVar(&j.recordSize, "record-size", 100, "bytes of each value")
	flags.IntVar(&j.batchBytes, "batch-bytes", -1, "bytes at which a batch is full")
	flags.IntVar(&j.largestBatch, "largest-batch", -1, "not used: batches do not grow beyond their size")
	flags.IntVar(&j.lingerMs, "linger-ms", -1, "")
	flags.BoolVar(&j.idempotent, "idempotent", true, "")
	flags.StringVar(&j.settings, "settings", "defaults", "defaults or best")
	flags.StringVar(&j.way, "way", "plain", "only plain")
	flags.Float64Var(&j.warmUp, "warm-up", 1, "seconds that do not count")
	flags.Float64Var(&j.seconds, "seconds", 4, "seconds that count")
	flags.IntVar(&j.rate, "rate", 10_000, "records a second, for latency")
	flags.IntVar(&j.pacerCore, "pacer-core", -1, "where the pacer runs")
	flags.Uint64Var(&j.records, "records", 0, "ends after so many")
	flags.StringVar(&j.values, "values", "", "a file with a value in each line")
	flags.StringVar(&j.compression, "compression", "none", "none or lz4")
	flags.StringVar(&j.group, "group", "group", "what the names of groups begin with, for first")
	flags.IntVar(&j.groups, "groups", 8, "how many groups, for first")
	flags.StringVar(&j.protocol, "protocol", "classic", "classic or consumer, for first")
	fail(flags.Parse(os.Args[2:]))
	if j.way != "plain" {
		fail(fmt.Errorf("there is no way %q", j.way))
	}
	return j
}

func (j *job) best() bool { return j.settings == "best" }

func main() {
	j := parse()
	if j.best() {
		// More memory for less collecting.
		debug.SetGCPercent(400)
	}
	var r report
	switch j.task {
	case "produce":
		r = produce(&j)
	case "consume":
		r = consume(&j)
	case "latency":
		r = latency(&j)
	case "fill":
		r = fill(&j)
	case "resume":
		r = resume(&j)
	case "first":
		first(&j)
		os.Exit(0)
	default:
		fail(fmt.Errorf("there is no task %q", j.task))
	}
	fail(json.NewEncoder(os.Stdout).Encode(r))
	os.Exit(0)
}

func client(options ...kgo.Opt) *kgo.Client {
	cl, err := kgo.NewClient(options...)
	fail(err)
	return cl
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
