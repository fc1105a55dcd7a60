extension SettingsCatalogue {
  /// Of these only one can be given; a stronger source's replaces a weaker one's.
  static let exclusive: [String: Set<String>] = [
    "store": ["redis", "sentinel", "cluster", "memory"],
    "principal": ["headers", "jwt"],
    "principal.jwt": ["keysFile", "keysUrl"],
  ]

  /// The names that a policy's mappings may hold; they stand in the file alone.
  private static let policyNames: [String: [String]] = [
    "policies": [
      "name", "keyspace", "match", "key", "scope", "fingerprint", "onMismatch", "onInProgress", "waitUpTo",
      "onUnknownOutcome", "lateAnswer", "lease", "retention", "uncertainRetention", "results", "statuses", "limits",
      "replay",
    ],
    "policies.match": ["methods", "path", "host", "trailingSlash", "caseSensitive"],
    "policies.key": ["header", "body", "path", "derive", "format", "required", "strict"],
    "policies.fingerprint": ["body", "fields", "ignore", "target", "headers"],
    "policies.results": ["stored", "released", "uncertain"],
    "policies.statuses": ["mismatch", "inProgress", "uncertain", "notRetained"],
    "policies.limits": ["requestBody", "responseBody"],
    "policies.replay": ["marker", "withhold"],
  ]

  /// For each mapping, by its path without indices, the names it may hold in the order of the example file.
  static let names: [String: [String]] = {
    var names = policyNames
    names["store.memory"] = []
    func add(_ name: String, to mapping: String) {
      if !names[mapping, default: []].contains(name) { names[mapping, default: []].append(name) }
    }
    for setting in settings {
      var mapping = ""
      for component in setting.components {
        add(component, to: mapping)
        mapping = mapping.isEmpty ? component : "\(mapping).\(component)"
      }
    }
    add("memory", to: "store")
    add("policies", to: "")
    return names
  }()

  /// The known name that somebody may have meant, nil when none is near.
  ///
  /// Near is: equal but for letter case, hyphens and underscores, or within a third of its length in edits, two at most.
  static func nearest(_ name: String, among known: [String]) -> String? {
    func plain(_ text: String) -> [UInt8] {
      text.lowercased().utf8.filter { $0 != UInt8(ascii: "-") && $0 != UInt8(ascii: "_") }
    }
    let name = plain(String(name.prefix(64)))
    let distances = known.map { (name: $0, distance: distance(name, plain($0)), limit: min(2, $0.utf8.count / 3)) }
    return distances.filter { $0.distance <= $0.limit }.min { $0.distance < $1.distance }?.name
  }

  /// How many bytes must be inserted, removed, replaced or swapped with their neighbour (optimal string alignment).
  private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var rows = [Array(0...right.count)]
    for (i, byte) in left.enumerated() {
      var row = [i + 1]
      for (j, other) in right.enumerated() {
        var best = min(rows[i][j] + (byte == other ? 0 : 1), rows[i][j + 1] + 1, row[j] + 1)
        if i > 0, j > 0, byte == right[j - 1], left[i - 1] == other { best = min(best, rows[i - 1][j - 1] + 1) }
        row.append(best)
      }
      rows.append(row)
    }
    return rows[left.count][right.count]
  }
}
