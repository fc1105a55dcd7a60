/// What `INFO` says about a server, as far as it matters here.
struct ServerFacts: Sendable {
  private let fields: [Substring: Substring]

  /// Reads the text that `INFO` answers.
  init(info: String) {
    var fields: [Substring: Substring] = [:]
    // By scalar-free separators: `\r\n` is one Character.
    for line in info.split(whereSeparator: \.isNewline) where !line.hasPrefix("#") {
      guard let colon = line.firstIndex(of: ":") else { continue }
      fields[line[..<colon]] = line[line.index(after: colon)...]
    }
    self.fields = fields
  }

  /// The value of a field; empty if there is none.
  subscript(name: String) -> String { fields[name[...]].map(String.init) ?? "" }

  /// Which history the data has.
  var identity: NodeIdentity { NodeIdentity(runID: self["run_id"], replicationID: self["master_replid"]) }

  /// Whether every write goes to an append-only file.
  var isAppendOnly: Bool { self["aof_enabled"] == "1" }
}
