package main

import (
	"context"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

func consumer(j *job) *kgo.Client {
	partitions := map[int32]kgo.Offset{}
	for partition := range int32(j.partitions) {
		partitions[partition] = kgo.NewOffset().AtStart()
	}
	return client(
		kgo.SeedBrokers(j.servers),
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{j.topic: partitions}),
	)
}

func consume(j *job) report {
	cl := consumer(j)
	bytes, warmUp := 0, uint64(0)
	some := func() uint64 {
		fetches := cl.PollFetches(context.Background())
		fail(fetches.Err())
		records := uint64(0)
		fetches.EachRecord(func(r *kgo.Record) {
			bytes += len(r.Value)
			records++
		})
		return records
	}
	if j.records == 0 {
		// The time begins with the first records, as some clients take a second until then.
		warmUp = some()
		for begun := time.Now(); time.Since(begun) < seconds(j.warmUp); {
			warmUp += some()
		}
	}
	meter, records := startMeter(), uint64(0)
	for begun := time.Now(); (j.records == 0 || records < j.records) && time.Since(begun) < seconds(j.seconds); {
		records += some()
	}
	return meter.stop(warmUp, records)
}

// Reads nothing for a while, and then all: the longest time that a record takes to come then. As in
// benches/src/harness/resume.rs.
func resume(j *job) report {
	const pause, reading = 400 * time.Millisecond, 200 * time.Millisecond
	cl := consumer(j)
	bytes, warmUp, records := 0, uint64(0), uint64(0)
	waits := histogram()
	meter, begun := startMeter(), time.Now()
	for time.Since(begun) < seconds(j.warmUp+j.seconds) {
		time.Sleep(pause)
		longest, counts := time.Duration(0), time.Since(begun) > seconds(j.warmUp)
		for from := time.Now(); time.Since(from) < reading; {
			asked := time.Now()
			fetches := cl.PollFetches(context.Background())
			longest = max(longest, time.Since(asked))
			fail(fetches.Err())
			came := uint64(0)
			fetches.EachRecord(func(r *kgo.Record) {
				bytes += len(r.Value)
				came++
			})
			if counts {
				records += came
			} else {
				warmUp += came
			}
		}
		if counts {
			_ = waits.RecordValue(longest.Nanoseconds())
		}
	}
	r := meter.stop(warmUp, records)
	r.Latency = &percents{
		P50:  micros(waits, 50),
		P99:  micros(waits, 99),
		P999: micros(waits, 99.9),
		Max:  float64(waits.Max()) / 1e3,
	}
	return r
}
