package main

import (
	"context"
	"runtime"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/twmb/franz-go/pkg/kgo"
	"golang.org/x/sys/unix"
)

// From the moment at which a record was due, whatever became of those before.
func latency(j *job) report {
	// The pacer's thread sleeps in the kernel, and so keeps the place of a thread of Go's.
	runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + 1)
	p, payloads := newProducer(j), newPayloads(j)
	ctx := context.Background()
	fail(p.client.ProduceSync(ctx, &kgo.Record{Value: []byte("the first")}).FirstErr())
	warmUp, records := int(j.warmUp*float64(j.rate)), int(j.seconds*float64(j.rate))
	interval := time.Second / time.Duration(j.rate)
	latencies, lateness := histogram(), histogram()
	var mutex sync.Mutex
	var meter meter
	paced := make(chan struct{})
	go func() {
		defer close(paced)
		runtime.LockOSThread()
		pin(j.pacerCore)
		due := monotonic() + 10_000_000
		for number := range warmUp + records {
			sleepUntil(due)
			if number == warmUp {
				meter = startMeter()
			}
			at := due
			promise := p.promise
			if number >= warmUp {
				_ = lateness.RecordValue(monotonic() - due)
				promise = func(r *kgo.Record, err error) {
					late := monotonic() - at
					mutex.Lock()
					_ = latencies.RecordValue(late)
					mutex.Unlock()
					p.promise(r, err)
				}
			}
			p.client.Produce(ctx, p.record(payloads.take()), promise)
			due += interval.Nanoseconds()
		}
	}()
	<-paced
	fail(p.client.Flush(ctx))
	r := meter.stop(uint64(warmUp)+1, uint64(records))
	r.Failed = p.failed.Load()
	r.Latency = &percents{
		P50:      micros(latencies, 50),
		P99:      micros(latencies, 99),
		P999:     micros(latencies, 99.9),
		Max:      float64(latencies.Max()) / 1e3,
		PacerP99: micros(lateness, 99),
	}
	return r
}

func histogram() *hdrhistogram.Histogram { return hdrhistogram.New(1, 60_000_000_000, 3) }

func micros(h *hdrhistogram.Histogram, percent float64) float64 {
	return float64(h.ValueAtQuantile(percent)) / 1e3
}

func monotonic() int64 {
	var now unix.Timespec
	fail(unix.ClockGettime(unix.CLOCK_MONOTONIC, &now))
	return now.Nano()
}

// Go's own timers are for milliseconds.
func sleepUntil(due int64) {
	at := unix.NsecToTimespec(due)
	for unix.ClockNanosleep(unix.CLOCK_MONOTONIC, unix.TIMER_ABSTIME, &at, nil) == unix.EINTR {
	}
}

// Of this thread.
func pin(core int) {
	// Linux lets a sleeper oversleep by 50 µs unless told otherwise.
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)
	if core < 0 {
		return
	}
	var cores unix.CPUSet
	cores.Set(core)
	fail(unix.SchedSetaffinity(0, &cores))
}
