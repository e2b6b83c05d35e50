package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// What the program prints: see benches/src/harness/report.rs.
type report struct {
	Client              string    `json:"client"`
	WarmUpRecords       uint64    `json:"warm_up_records"`
	Records             uint64    `json:"records"`
	Wall                float64   `json:"wall"`
	User                float64   `json:"user"`
	Sys                 float64   `json:"sys"`
	Allocations         *uint64   `json:"allocations"`
	MaxRssKib           uint64    `json:"max_rss_kib"`
	VoluntarySwitches   uint64    `json:"voluntary_switches"`
	InvoluntarySwitches uint64    `json:"involuntary_switches"`
	Failed              uint64    `json:"failed"`
	QueueFull           uint64    `json:"queue_full"`
	Latency             *percents `json:"latency,omitempty"`
	Held                []held    `json:"held,omitempty"`
}

// Microseconds.
type percents struct {
	P50      float64 `json:"p50"`
	P99      float64 `json:"p99"`
	P999     float64 `json:"p99_9"`
	Max      float64 `json:"max"`
	PacerP99 float64 `json:"pacer_p99"`
}

type held struct {
	Records       uint64  `json:"records"`
	HeapBytes     *uint64 `json:"heap_bytes"`
	ResidentBytes uint64  `json:"resident_bytes"`
}

type meter struct {
	begun   time.Time
	usage   syscall.Rusage
	mallocs uint64
}

func startMeter() meter {
	return meter{usage: usage(), mallocs: mallocs(), begun: time.Now()}
}

func (m *meter) stop(warmUpRecords, records uint64) report {
	wall := time.Since(m.begun).Seconds()
	now := usage()
	allocations := mallocs() - m.mallocs
	return report{
		Client:              "franz-go " + version(),
		WarmUpRecords:       warmUpRecords,
		Records:             records,
		Wall:                wall,
		User:                cpu(now.Utime) - cpu(m.usage.Utime),
		Sys:                 cpu(now.Stime) - cpu(m.usage.Stime),
		Allocations:         &allocations,
		MaxRssKib:           uint64(now.Maxrss),
		VoluntarySwitches:   uint64(now.Nvcsw - m.usage.Nvcsw),
		InvoluntarySwitches: uint64(now.Nivcsw - m.usage.Nivcsw),
	}
}

func usage() syscall.Rusage {
	var u syscall.Rusage
	fail(syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return u
}

func cpu(t syscall.Timeval) float64 { return float64(t.Sec) + float64(t.Usec)/1e6 }

func mallocs() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.Mallocs
}

func residentBytes() uint64 {
	text, err := os.ReadFile("/proc/self/statm")
	fail(err)
	pages, err := strconv.ParseUint(strings.Fields(string(text))[1], 10, 64)
	fail(err)
	return pages * 4096
}

func version() string {
	info, _ := debug.ReadBuildInfo()
	for _, module := range info.Deps {
		if module.Path == "github.com/twmb/franz-go" {
			return strings.TrimPrefix(module.Version, "v")
		}
	}
	return "of an unknown version"
}
