import Yams

/// Turns Yams' nodes into ours, and counts them.
struct NodeConverter {
  /// Where everything is said to stand; nil takes the nodes' own marks.
  let location: SettingLocation?
  /// How many nodes may follow.
  var remaining: Int
  /// The first thing that is no configuration at all.
  private(set) var error: (reason: String, location: SettingLocation)?

  /// Makes a converter.
  init(location: SettingLocation?, remaining: Int) {
    self.location = location
    self.remaining = remaining
  }

  /// Turns a node and all in it; nil when there are too many.
  mutating func convert(_ node: Node) -> SettingNode? {
    remaining -= 1
    guard remaining > 0 else { return nil }
    let place = place(of: node)
    switch node {
    case .scalar(let scalar):
      let isPlain = scalar.style == .plain || scalar.style == .any
      if isPlain, ["", "~", "null"].contains(scalar.string) { return SettingNode(value: .null, location: place) }
      return SettingNode(value: .scalar(scalar.string, isPlain: isPlain), location: place)
    case .sequence(let sequence):
      var nodes: [SettingNode] = []
      for element in sequence {
        guard let node = convert(element) else { return nil }
        nodes.append(node)
      }
      return SettingNode(value: .list(nodes), location: place)
    case .mapping(let mapping):
      var entries: [SettingNode.Entry] = []
      for (key, value) in mapping {
        guard let node = convert(value) else { return nil }
        if let name = key.scalar?.string {
          entries.append(.init(key: name, keyLocation: self.place(of: key), node: node))
        } else {
          error = error ?? ("a setting's name is not a text; expected name: value", self.place(of: key))
        }
      }
      return SettingNode(value: .mapping(entries), location: place)
    case .alias:
      // Only a tree that is to be written has these; a parsed one holds what the alias stands for.
      return SettingNode(value: .null, location: place)
    }
  }

  private func place(of node: Node) -> SettingLocation {
    location ?? .file(line: node.mark?.line ?? 1, column: node.mark?.column ?? 1)
  }
}
