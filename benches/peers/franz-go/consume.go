package main

import (
	"context"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

func consume(j *job) report {
	partitions := map[int32]kgo.Offset{}
	for partition := range int32(j.partitions) {
		partitions[partition] = kgo.NewOffset().AtStart()
	}
	cl := client(
		kgo.SeedBrokers(j.servers),
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{j.topic: partitions}),
	)
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
