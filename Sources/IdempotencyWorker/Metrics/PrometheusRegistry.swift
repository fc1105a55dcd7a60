import NIOConcurrencyHelpers

/// All metrics of this process, and their text for a scrape: Prometheus text format 0.0.4.
///
/// By hand, because swift-prometheus cannot be had where this is built, and the format is a page. What it leaves out:
/// summaries, exemplars, OpenMetrics. A handle is made once and kept: to count with it takes neither a lock nor memory.
/// The lock here is for making handles and for listing them.
final class PrometheusRegistry: Sendable {
  /// How many series there are at most.
  ///
  /// A label whose values callers can choose would otherwise fill the memory. 10 000 are some MiB of text per scrape,
  /// and many times what the worker has.
  static let maximumSeries = 10_000

  private struct State {
    var families: [String: PrometheusFamily] = [:]
    var count = 0
  }

  private let state = NIOLockedValueBox(State())

  /// Makes a registry without metrics.
  init() {}

  /// A handle; the same one for the same name and labels.
  ///
  /// One that cannot be registered, because the name belongs to another kind of metric or there are too many series,
  /// still counts, and is not shown: a metric never stops the work that it counts.
  func handle<Handle: PrometheusSeries>(
    _ name: String, _ kind: PrometheusFamily.Kind, help: String?, labels: [(String, String)], make: () -> Handle
  ) -> Handle {
    let labels = PrometheusName.labels(labels, of: kind)
    return state.withLockedValue { state in
      var family = state.families[name] ?? PrometheusFamily(kind: kind)
      if let known = family.series[labels] { return known as? Handle ?? make() }
      guard family.kind == kind, state.count < Self.maximumSeries else { return make() }
      let handle = make()
      family.help = family.help ?? help
      family.series[labels] = handle
      state.families[name] = family
      state.count += 1
      return handle
    }
  }

  /// Shows a handle no longer.
  func remove(_ handle: AnyObject) {
    state.withLockedValue { state in
      for (name, family) in state.families {
        guard let labels = family.series.first(where: { $0.value === handle })?.key else { continue }
        state.families[name]?.series[labels] = nil
        if family.series.count == 1 { state.families[name] = nil }
        state.count -= 1
      }
    }
  }

  /// All metrics as a scrape gets them: sorted by name and labels, so that two texts can be compared.
  func text() -> String {
    // A copy of the lists: values are read, and files where they stand in files, without the lock.
    let families = state.withLockedValue { $0.families }
    var text = ""
    for (name, family) in families.sorted(by: { $0.key < $1.key }) { family.write(name: name, to: &text) }
    return text
  }
}
