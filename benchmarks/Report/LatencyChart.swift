#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Latency by percentile, both on logarithmic axes: how bad it gets, and for how many.
struct LatencyChart {
  let title: String
  var curves: [(name: String, latency: LatencyPercentiles)] = []

  private static let (left, right, top, bottom) = (70.0, 220.0, 48.0, 40.0)
  /// Each with the share of answers that are slower.
  private static let percentiles = [("p50", 0.5), ("p90", 0.1), ("p99", 0.01), ("p99.9", 0.001), ("p99.99", 0.0001)]

  /// The drawing.
  var svg: String {
    var svg = SVG(width: 760, height: 380)
    svg.text(title, x: 16, y: 26, size: 16)
    let values = curves.flatMap { Self.values($0.latency) }.filter { $0 > 0 }
    let low = log10(values.min() ?? 1).rounded(.down)
    let high = max(low + 1, log10(values.max() ?? 10).rounded(.up))
    let (width, height) = (svg.width - Self.left - Self.right, svg.height - Self.top - Self.bottom)
    func y(_ microseconds: Double) -> Double {
      Self.top + height * (high - log10(max(microseconds, pow(10, low)))) / (high - low)
    }
    func x(_ slower: Double) -> Double { Self.left + width * log10(0.5 / slower) / log10(0.5 / 0.0001) }
    for exponent in Int(low)...Int(high) {
      let value = pow(10, Double(exponent))
      svg.line([(Self.left, y(value)), (Self.left + width, y(value))], stroke: "#ddd")
      let label = value < 1_000 ? "\(value.text()) µs" : "\((value / 1_000).text()) ms"
      svg.text(label, x: Self.left - 8, y: y(value) + 4, anchor: "end")
    }
    for (name, slower) in Self.percentiles {
      svg.text(name, x: x(slower), y: Self.top + height + 20, anchor: "middle")
    }
    for (index, curve) in curves.enumerated() {
      let colour = SVG.colours[index % SVG.colours.count]
      let points = zip(Self.percentiles, Self.values(curve.latency)).map { (x: x($0.1), y: y($1)) }
      svg.line(points, stroke: colour, width: 2)
      let row = Self.top + Double(index) * 20
      svg.rectangle(x: Self.left + width + 16, y: row - 10, width: 12, height: 12, fill: colour)
      svg.text(curve.name, x: Self.left + width + 34, y: row)
    }
    return svg.document
  }

  private static func values(_ latency: LatencyPercentiles) -> [Double] {
    [latency.p50, latency.p90, latency.p99, latency.p999, latency.p9999]
  }
}
