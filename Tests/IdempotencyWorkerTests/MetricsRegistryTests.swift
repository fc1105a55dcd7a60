import Metrics
import Testing

@testable import IdempotencyWorker

@Suite struct MetricsRegistryTests {
  private let registry = PrometheusRegistry()

  @Test("Counters never fall")
  func monotonic() {
    let whole = registry.counter("whole")
    whole.increment(by: 5)
    whole.increment(by: -2)
    let fraction = registry.floatingPointCounter("fraction")
    for amount in [1.5, -1, .nan, .infinity] { fraction.increment(by: amount) }
    #expect(registry.text().contains("whole_total 5\n"))
    #expect(registry.text().contains("fraction_total 1.5\n"))
  }

  @Test("A name belongs to one kind; a handle that is refused counts and is not shown")
  func conflicts() {
    let gauge = registry.gauge("thing_total")
    let counter = registry.counter("thing")
    counter.increment()
    gauge.set(7.0)
    #expect(registry.text() == "# TYPE thing_total gauge\nthing_total 7\n")
    #expect(counter.value == 1)
  }

  @Test("The number of series is bounded")
  func bound() {
    for index in 0..<(PrometheusRegistry.maximumSeries + 5) {
      registry.counter("many", labels: [("key", String(index))]).increment()
    }
    #expect(registry.text().split(separator: "\n").count == PrometheusRegistry.maximumSeries + 1)
  }

  @Test("It is a backend of swift-metrics, with the same handle for the same labels, and forgets what is destroyed")
  func factory() {
    let counter = Counter(label: "lib.requests", dimensions: [("a", "1")], factory: registry)
    counter.increment(by: 2)
    Counter(label: "lib.requests", dimensions: [("a", "1")], factory: registry).increment()
    FloatingPointCounter(label: "lib.float", factory: registry).increment(by: 0.5)
    Meter(label: "lib.meter", factory: registry).set(4)
    Gauge(label: "lib.gauge", factory: registry).record(3)
    Recorder(label: "lib.recorder", factory: registry).record(2)
    Metrics.Timer(label: "lib.timer", factory: registry).recordNanoseconds(1)
    let text = registry.text()
    for line in [
      "lib_requests_total{a=\"1\"} 3\n", "lib_float_total 0.5\n", "lib_meter 4\n", "lib_gauge 3\n",
      "lib_recorder_count 1\n", "lib_timer_seconds_count 1\n",
    ] {
      #expect(text.contains(line), "\(line)")
    }
    counter.destroy()
    #expect(!registry.text().contains("lib_requests"))
  }

  @Test("Nothing is lost when threads count at the same time as others scrape")
  func concurrency() async {
    let counter = registry.counter("c")
    let fraction = registry.floatingPointCounter("f")
    let gauge = registry.gauge("g")
    let timer = registry.timer("t")
    await withTaskGroup { group in
      for _ in 0..<4 {
        group.addTask {
          for _ in 0..<2_000 {
            counter.increment()
            fraction.increment(by: 0.5)
            gauge.add(1)
            timer.recordNanoseconds(1_000)
          }
        }
      }
      for _ in 0..<20 { group.addTask { _ = registry.text() } }
    }
    let text = registry.text()
    for line in ["c_total 8000\n", "f_total 4000\n", "g 8000\n", "t_seconds_count 8000\n", "t_seconds_sum 0.008\n"] {
      #expect(text.contains(line), "\(line)")
    }
  }
}
