/// A drawing in SVG.
///
/// By hand: what draws charts in Swift needs a screen, and these are bars, lines and letters.
struct SVG {
  /// Colours that stay apart for those who see few of them (Okabe and Ito), and in print.
  static let colours = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00"]

  let width: Double
  let height: Double
  private var elements: [String] = []

  init(width: Double, height: Double) {
    self.width = width
    self.height = height
  }

  mutating func rectangle(x: Double, y: Double, width: Double, height: Double, fill: String) {
    elements.append(
      "<rect x=\"\(x.text(1))\" y=\"\(y.text(1))\" width=\"\(max(0, width).text(1))\" height=\"\(height.text(1))\" "
        + "fill=\"\(fill)\"/>")
  }

  mutating func line(_ points: [(x: Double, y: Double)], stroke: String, width: Double = 1) {
    let points = points.map { "\($0.x.text(1)),\($0.y.text(1))" }.joined(separator: " ")
    elements.append(
      "<polyline points=\"\(points)\" fill=\"none\" stroke=\"\(stroke)\" stroke-width=\"\(width.text(1))\"/>")
  }

  mutating func text(
    _ text: String, x: Double, y: Double, anchor: String = "start", size: Double = 12, fill: String = "#222"
  ) {
    let escaped = text.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
    elements.append(
      "<text x=\"\(x.text(1))\" y=\"\(y.text(1))\" text-anchor=\"\(anchor)\" font-size=\"\(size.text())\" "
        + "fill=\"\(fill)\">\(escaped)</text>")
  }

  /// The file.
  var document: String {
    """
    <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(width.text()) \(height.text())" width="\(width.text())" \
    height="\(height.text())" font-family="system-ui, sans-serif">
    <rect width="100%" height="100%" fill="#fff"/>
    \(elements.joined(separator: "\n"))
    </svg>

    """
  }
}
