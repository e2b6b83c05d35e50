package main

import (
	"context"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// From subscribing in a new group to the first record. A client that is made subscribes with that.
func first(j *job) {
	fmt.Println("franz-go", version())
	for number := range j.groups {
		options := []kgo.Opt{
			kgo.SeedBrokers(j.servers),
			kgo.ConsumerGroup(fmt.Sprintf("%s-%d", j.group, number)),
			kgo.ConsumeTopics(j.topic),
			kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		}
		if j.protocol == "consumer" {
			options = append(options, kgo.ServerSideBalancer(), kgo.Balancers(kgo.RangeBalancer()))
		}
		subscribed := time.Now()
		cl := client(options...)
		for records := 0; records == 0; {
			fetches := cl.PollFetches(context.Background())
			fail(fetches.Err())
			records = fetches.NumRecords()
		}
		fmt.Printf("first=%.1f\n", float64(time.Since(subscribed).Nanoseconds())/1e3)
		cl.CloseAllowingRebalance()
	}
}
