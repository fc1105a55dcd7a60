/// Groups of horizontal bars, each with its figure behind it.
struct BarChart {
  struct Bar {
    let name: String
    let value: Double
  }

  let title: String
  let unit: String
  var groups: [(name: String, bars: [Bar])] = []

  private static let (left, right, bar, gap) = (170.0, 110.0, 18.0, 14.0)

  /// The drawing; a name has the same colour in every group.
  var svg: String {
    var names: [String] = []
    for bar in groups.flatMap(\.bars) where !names.contains(bar.name) { names.append(bar.name) }
    let most = groups.flatMap { $0.bars.map(\.value) }.max() ?? 1
    let height = groups.reduce(48) { $0 + Double($1.bars.count + 1) * Self.bar + Self.gap }
    var svg = SVG(width: 760, height: height)
    svg.text(title, x: 16, y: 26, size: 16)
    let scale = (svg.width - Self.left - Self.right) / max(most, 1)
    var y = 42.0
    for group in groups {
      svg.text(group.name, x: 16, y: y + 13, size: 13, fill: "#000")
      y += Self.bar
      for bar in group.bars {
        let colour = SVG.colours[(names.firstIndex(of: bar.name) ?? 0) % SVG.colours.count]
        svg.text(bar.name, x: Self.left - 8, y: y + 13, anchor: "end")
        svg.rectangle(x: Self.left, y: y + 2, width: bar.value * scale, height: Self.bar - 4, fill: colour)
        svg.text("\(bar.value.text()) \(unit)", x: Self.left + bar.value * scale + 6, y: y + 13)
        y += Self.bar
      }
      y += Self.gap
    }
    return svg.document
  }
}
