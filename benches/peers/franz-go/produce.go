package main

import (
	"bytes"
	"context"
	"math/rand"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// How many different records there are.
const pool = 1_024

type payloads struct {
	values     [][]byte
	partitions int32
	partition  int32
	next       int
}

func newPayloads(j *job) *payloads {
	random := rand.New(rand.NewSource(7))
	p := &payloads{partitions: int32(j.partitions)}
	if j.values != "" {
		text, err := os.ReadFile(j.values)
		fail(err)
		p.values = bytes.Split(bytes.TrimSuffix(text, []byte("\n")), []byte("\n"))
		return p
	}
	for range pool {
		value := make([]byte, j.recordSize)
		random.Read(value)
		p.values = append(p.values, value)
	}
	return p
}

func (p *payloads) take() ([]byte, int32) {
	value, partition := p.values[p.next], p.partition
	p.next = (p.next + 1) % pool
	if p.partition++; p.partition == p.partitions {
		p.partition = 0
	}
	return value, partition
}

type producer struct {
	client *kgo.Client
	failed atomic.Uint64
	// Records that are used again, as the client's documents advise.
	recycled *sync.Pool
	promise  func(*kgo.Record, error)
}

func newProducer(j *job, more ...kgo.Opt) *producer {
	options := []kgo.Opt{
		kgo.SeedBrokers(j.servers),
		kgo.DefaultProduceTopic(j.topic),
		kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.RequiredAcks(kgo.AllISRAcks()),
		kgo.ProducerBatchCompression(codec(j)),
	}
	if j.batchBytes > 0 {
		options = append(options, kgo.ProducerBatchMaxBytes(int32(j.batchBytes)))
	}
	if j.lingerMs >= 0 {
		options = append(options, kgo.ProducerLinger(time.Duration(j.lingerMs)*time.Millisecond))
	}
	if !j.idempotent {
		options = append(options, kgo.DisableIdempotentWrite())
	}
	p := &producer{}
	p.promise = func(_ *kgo.Record, err error) {
		if err != nil {
			p.failed.Add(1)
		}
	}
	if j.best() {
		// Room for the batches in flight and for as many again, and never less than by default.
		options = append(options, kgo.MaxBufferedRecords(max(50_000, 12*j.batchBytes/j.recordSize)))
		p.recycled = &sync.Pool{New: func() any { return new(kgo.Record) }}
		p.promise = func(r *kgo.Record, err error) {
			if err != nil {
				p.failed.Add(1)
			}
			*r = kgo.Record{}
			p.recycled.Put(r)
		}
	}
	p.client = client(append(options, more...)...)
	return p
}

func codec(j *job) kgo.CompressionCodec {
	if j.compression == "lz4" {
		return kgo.Lz4Compression()
	}
	return kgo.NoCompression()
}

func (p *producer) record(value []byte, partition int32) *kgo.Record {
	if p.recycled == nil {
		return &kgo.Record{Value: value, Partition: partition}
	}
	record := p.recycled.Get().(*kgo.Record)
	record.Value, record.Partition = value, partition
	return record
}

// Until the time is over. The client waits for room by itself.
func (p *producer) sendFor(payloads *payloads, d time.Duration) uint64 {
	ctx := context.Background()
	records := uint64(0)
	for begun := time.Now(); time.Since(begun) < d; records += pool {
		for range pool {
			p.client.Produce(ctx, p.record(payloads.take()), p.promise)
		}
	}
	fail(p.client.Flush(ctx))
	return records
}

func produce(j *job) report {
	p, payloads := newProducer(j), newPayloads(j)
	warmUp := p.sendFor(payloads, seconds(j.warmUp))
	meter := startMeter()
	records := p.sendFor(payloads, seconds(j.seconds))
	r := meter.stop(warmUp, records)
	r.Failed = p.failed.Load()
	return r
}

func fill(j *job) report {
	p, payloads := newProducer(j, kgo.MaxBufferedRecords(1<<30)), newPayloads(j)
	resident, meter := residentBytes(), startMeter()
	var all []held
	records := uint64(0)
	for records < j.records {
		p.client.Produce(context.Background(), p.record(payloads.take()), p.promise)
		if records++; records%10_000 == 0 {
			time.Sleep(20 * time.Millisecond)
			all = append(all, held{Records: records, ResidentBytes: residentBytes() - resident})
		}
	}
	r := meter.stop(0, records)
	r.Held = all
	return r
}
