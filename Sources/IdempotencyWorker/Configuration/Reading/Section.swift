/// A mapping while it is read: every setting is asked for by name, and what is wrong is noted where it stands.
///
/// A setting that is wrong is read as its default, so that reading goes on and finds the other errors.
struct Section {
  /// What errors call it: `policies[0].match`; empty for the whole configuration.
  let path: String
  /// Where it stands; a missing setting is reported here.
  let location: SettingLocation
  /// The reading.
  let context: ReadingContext
  private let node: SettingNode?
  private let names: [String]

  /// Makes a section, and notes its unknown names.
  ///
  /// - Parameters:
  ///   - node: What was written; nil when the section is missing.
  ///   - path: What errors call it.
  ///   - location: Where a section stands that is missing: where its parent does.
  ///   - context: The reading.
  init(_ node: SettingNode?, path: String, location: SettingLocation, context: ReadingContext) {
    self.path = path
    self.location = node?.location ?? location
    self.context = context
    self.node = node
    let schema = path.split(separator: ".").map { $0.prefix { $0 != "[" } }.joined(separator: ".")
    guard let names = SettingsCatalogue.names[schema] else { preconditionFailure("no settings are known in \(schema)") }
    self.names = names
    if let node, isMalformed {
      context.add("is \(node.kind); expected a mapping of settings", at: self.location, path: path)
    }
    noteUnknownNames(in: node?.entries ?? [])
  }

  private func noteUnknownNames(in entries: [SettingNode.Entry]) {
    for entry in entries where !names.contains(entry.key) {
      let reason =
        if let nearest = SettingsCatalogue.nearest(entry.key, among: names) {
          "is not a setting; expected \(nearest)?"
        } else if names.isEmpty {
          "is not a setting; expected none here"
        } else {
          "is not a setting; expected one of \(names.joined(separator: ", "))"
        }
      context.add(reason, at: entry.keyLocation, path: name(ErrorText.shown(entry.key)))
    }
  }

  /// Whether the section was written at all.
  var isPresent: Bool { node != nil }

  /// Whether something else than a mapping was written; then nothing in it is missed.
  private var isMalformed: Bool {
    switch node?.value {
    case .scalar?, .list?: true
    default: false
    }
  }

  /// What was written for a setting; nil when it is missing.
  func node(_ key: String) -> SettingNode? {
    precondition(names.contains(key), "\(name(key)) is not in the catalogue")
    return node?[key]
  }

  /// What errors call a setting of this section.
  func name(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

  /// Where a setting stands: its value, or this section when it is missing.
  func place(_ key: String) -> SettingLocation { node(key)?.location ?? location }

  /// Notes that something is wrong with a setting.
  func fail(_ key: String, _ reason: String, at place: SettingLocation? = nil) {
    context.add(reason, at: place ?? self.place(key), path: name(key))
  }

  /// Notes that a setting is missing, if it is.
  func require(_ key: String, _ expected: String) {
    if node(key) == nil, !isMalformed { fail(key, "is missing; expected \(expected)") }
  }

  /// A mapping in this one, whether it was written or not.
  func section(_ key: String) -> Section {
    Section(node(key), path: name(key), location: location, context: context)
  }
}
