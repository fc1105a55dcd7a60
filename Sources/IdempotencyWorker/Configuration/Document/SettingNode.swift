/// A piece of a configuration, and where it was written.
struct SettingNode: Sendable {
  /// What was written.
  enum Value: Sendable {
    /// Nothing, as in `tls:`.
    case null
    /// A text; plain means that it had no quotes, so that it can be a number or a truth value.
    case scalar(String, isPlain: Bool)
    /// A sequence.
    case list([SettingNode])
    /// A mapping, in written order.
    case mapping([Entry])
  }

  /// One member of a mapping.
  struct Entry: Sendable {
    /// The name.
    var key: String
    /// Where the name was written.
    var keyLocation: SettingLocation
    /// What it has.
    var node: SettingNode
  }

  /// What was written.
  var value: Value
  /// Where it was written.
  var location: SettingLocation

  /// What kind of thing it is, in words for an error.
  var kind: String {
    switch value {
    case .null: "empty"
    case .scalar: "a single value"
    case .list: "a list"
    case .mapping: "a mapping"
    }
  }

  /// The members of a mapping; none for anything else.
  var entries: [Entry] {
    if case .mapping(let entries) = value { entries } else { [] }
  }

  /// The member of this name.
  subscript(key: String) -> SettingNode? {
    entries.first { $0.key == key }?.node
  }
}

extension SettingNode {
  /// An element of a list; the node itself where there is none.
  func element(_ index: Int) -> SettingNode {
    if case .list(let elements) = value, elements.indices.contains(index) { elements[index] } else { self }
  }
}
