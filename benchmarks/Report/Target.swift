/// A figure that the project promises to reach.
struct Target: Codable, Sendable {
  let name: String
  let unit: String
  let measured: Double
  let bound: Double
  let aim: Double
  /// Whether less is better.
  let isCost: Bool

  /// As it stands in a table.
  private var verdict: String {
    if isCost ? measured <= aim : measured >= aim { return "aim reached" }
    return (isCost ? measured <= bound : measured >= bound) ? "reached" : "MISSED"
  }

  /// A bound as it was set: with no more decimals than it has.
  private static func text(_ bound: Double) -> String {
    bound == bound.rounded() ? bound.text() : bound.text(2)
  }

  static func table(_ targets: [Target]) -> Table {
    var table = Table("target", "measured", "bound", "aim", "verdict")
    for target in targets {
      let sign = target.isCost ? "≤" : "≥"
      let unit = target.unit.isEmpty ? "" : " \(target.unit)"
      table.add(
        target.name, target.measured.text(target.measured < 10 ? 2 : 0) + unit,
        "\(sign) \(text(target.bound))\(unit)", "\(sign) \(text(target.aim))\(unit)", target.verdict)
    }
    return table
  }

  static func ratio(_ name: String, _ measured: Double, atLeast bound: Double, aim: Double) -> Target {
    Target(name: name, unit: "", measured: measured, bound: bound, aim: aim, isCost: false)
  }

  static func cost(_ name: String, _ measured: Double, _ unit: String, atMost bound: Double, aim: Double) -> Target {
    Target(name: name, unit: unit, measured: measured, bound: bound, aim: aim, isCost: true)
  }
}
