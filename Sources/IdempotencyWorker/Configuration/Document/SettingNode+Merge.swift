extension SettingNode {
  /// Puts a setting in its place, over what stands there; mappings on the way are made.
  ///
  /// What contradicts the new setting and is weaker goes away, so that `--store memory` replaces a file's `redis`.
  /// Where a text or a list stands on the way nothing is changed: that is an error, and is found as such.
  mutating func set(_ path: ArraySlice<String>, to node: SettingNode, within prefix: String = "") {
    guard let key = path.first else {
      self = node
      return
    }
    var members: [Entry]
    switch value {
    case .mapping(let entries): members = entries
    case .null: members = []
    case .scalar, .list: return
    }
    if let group = SettingsCatalogue.exclusive[prefix], group.contains(key) {
      members.removeAll {
        group.contains($0.key) && $0.key != key && $0.keyLocation.precedence < node.location.precedence
      }
    }
    let inner = prefix.isEmpty ? key : "\(prefix).\(key)"
    let empty = SettingNode(value: .mapping([]), location: node.location)
    let index = members.firstIndex { $0.key == key } ?? members.endIndex
    if index == members.endIndex { members.append(Entry(key: key, keyLocation: node.location, node: empty)) }
    if path.count == 1 { members[index].keyLocation = node.location }
    members[index].node.set(path.dropFirst(), to: node, within: inner)
    value = .mapping(members)
  }
}
