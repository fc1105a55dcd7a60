/// All series of one name: they share kind and help, and stand together in the text.
struct PrometheusFamily: Sendable {
  /// What a name counts, as the `# TYPE` line says it.
  enum Kind: String, Sendable {
    /// It only grows, until the process ends.
    case counter
    /// It goes up and down.
    case gauge
    /// How many values were at most so large, for some sizes.
    case histogram
  }

  let kind: Kind
  var help: String?
  /// The series by their labels, which are already text: `policy="a",status="executed"`.
  var series: [String: any PrometheusSeries] = [:]

  /// Writes the family, or nothing where no series has a value.
  func write(name: String, to text: inout String) {
    var samples = ""
    for (labels, series) in series.sorted(by: { $0.key < $1.key }) {
      series.write(name: name, labels: labels, to: &samples)
    }
    guard !samples.isEmpty else { return }
    if let help { text += "# HELP \(name) \(PrometheusName.escaped(help: help))\n" }
    text += "# TYPE \(name) \(kind.rawValue)\n"
    text += samples
  }
}
