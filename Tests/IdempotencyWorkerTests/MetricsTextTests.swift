import Testing

@testable import IdempotencyWorker

@Suite struct MetricsTextTests {
  private let registry = PrometheusRegistry()

  @Test("The whole text of a registry: sorted, with HELP and TYPE once a name, and the units in the names")
  func text() {
    registry.counter("worker_requests", help: "Answers.", labels: [("status", "ok"), ("policy", "b")]).increment(by: 3)
    registry.counter("worker_requests", help: "Answers.", labels: [("policy", "a"), ("status", "ok")]).increment()
    registry.gauge("worker_open", help: "Open.").add(2)
    registry.floatingPointCounter("worker_cpu").increment(by: 0.25)
    registry.observe("worker_absent", help: "Never there.") { nil }
    registry.observe("worker_limit", help: "There.") { 1.5 }
    #expect(
      registry.text() == """
        # TYPE worker_cpu_total counter
        worker_cpu_total 0.25
        # HELP worker_limit There.
        # TYPE worker_limit gauge
        worker_limit 1.5
        # HELP worker_open Open.
        # TYPE worker_open gauge
        worker_open 2
        # HELP worker_requests_total Answers.
        # TYPE worker_requests_total counter
        worker_requests_total{policy="a",status="ok"} 1
        worker_requests_total{policy="b",status="ok"} 3

        """)
    #expect(registry.text() == registry.text())
  }

  @Test("A timer records nanoseconds and shows seconds; buckets are cumulative and end with +Inf, which is the count")
  func timer() {
    let timer = registry.timer("store", labels: [("operation", "reserve")])
    for nanoseconds: Int64 in [100_000, 100_001, 2_000_000, 90_000_000_000, -5] { timer.recordNanoseconds(nanoseconds) }
    let text = registry.text()
    #expect(text.contains("# TYPE store_seconds histogram\n"))
    #expect(text.contains("store_seconds_bucket{operation=\"reserve\",le=\"0.0001\"} 2\n"))
    #expect(text.contains("store_seconds_bucket{operation=\"reserve\",le=\"0.00025\"} 3\n"))
    #expect(text.contains("store_seconds_bucket{operation=\"reserve\",le=\"0.001\"} 3\n"))
    #expect(text.contains("store_seconds_bucket{operation=\"reserve\",le=\"0.0025\"} 4\n"))
    #expect(text.contains("store_seconds_bucket{operation=\"reserve\",le=\"60\"} 4\n"))
    #expect(text.contains("store_seconds_bucket{operation=\"reserve\",le=\"+Inf\"} 5\n"))
    #expect(text.contains("store_seconds_sum{operation=\"reserve\"} 90.002200001\n"))
    #expect(text.contains("store_seconds_count{operation=\"reserve\"} 5\n"))
  }

  @Test("A histogram without labels, values above all bounds, and what is no number")
  func histogram() {
    let histogram = registry.histogram("body_bytes")
    for value in [1, 2, 1e12, .nan] { histogram.record(value) }
    let text = registry.text()
    #expect(text.contains("body_bytes_bucket{le=\"1\"} 1\n"))
    #expect(text.contains("body_bytes_bucket{le=\"2.5\"} 2\n"))
    #expect(text.contains("body_bytes_bucket{le=\"500000000\"} 2\n"))
    #expect(text.contains("body_bytes_bucket{le=\"+Inf\"} 3\n"))
    #expect(text.contains("body_bytes_count 3\n"))
    #expect(HistogramSeries.bounds == HistogramSeries.bounds.sorted())
    #expect(TimerSeries.bounds == TimerSeries.bounds.sorted())
  }

  @Test("Names and labels follow the format's rules, whatever they hold")
  func escaping() {
    registry.gauge("1 bad-näme", help: "a\\b\nc \"d\"", labels: [("le.0", "\\ \" \n \r\n ü")]).set(1.0)
    registry.gauge("", labels: [("a-b", "first"), ("a.b", "second")]).set(1.0)
    #expect(
      registry.text() == """
        # TYPE _ gauge
        _{a_b="first"} 1
        # HELP _1_bad_n__me a\\\\b\\nc "d"
        # TYPE _1_bad_n__me gauge
        _1_bad_n__me{le_0="\\\\ \\" \\n \r\\n ü"} 1

        """)
  }

  @Test("Numbers stand as Prometheus reads them")
  func numbers() {
    let texts = [0, -3, 1.5, 1e-5, 1e300, .infinity, -.infinity, .nan].map(PrometheusName.number)
    #expect(texts == ["0", "-3", "1.5", "1e-05", "1e+300", "+Inf", "-Inf", "NaN"])
  }
}
