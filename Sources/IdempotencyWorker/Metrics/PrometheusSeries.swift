/// One name with one set of labels, and its value.
protocol PrometheusSeries: AnyObject, Sendable {
  /// Writes the series' lines, each with its end.
  ///
  /// - Parameters:
  ///   - name: The metric's name.
  ///   - labels: Its labels as text, without braces; empty for none.
  ///   - text: Where to.
  func write(name: String, labels: String, to text: inout String)
}

extension PrometheusSeries {
  /// Writes one line.
  func writeSample(_ name: String, _ labels: String, _ value: String, to text: inout String) {
    text += labels.isEmpty ? "\(name) \(value)\n" : "\(name){\(labels)} \(value)\n"
  }

  /// Writes a histogram's lines; buckets are cumulative there, and the last is the count.
  func writeHistogram(
    _ name: String, _ labels: String, bounds: [String], counts: BucketCounts, sum: Double, to text: inout String
  ) {
    var total: UInt64 = 0
    let separator = labels.isEmpty ? "" : ","
    for (bound, count) in zip(bounds + ["+Inf"], counts.values) {
      total += count
      writeSample("\(name)_bucket", "\(labels)\(separator)le=\"\(bound)\"", String(total), to: &text)
    }
    writeSample("\(name)_sum", labels, PrometheusName.number(sum), to: &text)
    writeSample("\(name)_count", labels, String(total), to: &text)
  }
}
