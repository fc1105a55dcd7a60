import Idempotency

/// Reads `policies`, and holds the policies against each other.
struct PolicyList {
  /// A thousand: the first that matches wins, so every request may be held against all of them.
  static let maximum = 1_000

  /// The policies that could be read.
  private(set) var policies: [IdempotencyPolicy] = []
  private var sections: [Section] = []

  /// Reads the list.
  ///
  /// - Parameters:
  ///   - root: The whole configuration.
  ///   - originTimeout: Filled into every policy.
  ///   - onUnavailable: Filled into every policy.
  init(_ root: Section, originTimeout: Duration, onUnavailable: ExecutionPolicy.UnavailableRule) {
    root.require("policies", "a list of one policy at least")
    root.requireElements("policies", "one policy at least; nothing would be guarded")
    for (index, node) in (root.list("policies", expected: "a policy", limit: Self.maximum) ?? []).enumerated() {
      let section = Section(node, path: "policies[\(index)]", location: node.location, context: root.context)
      let before = root.context.count
      let reader = PolicyReader(section: section, originTimeout: originTimeout, onUnavailable: onUnavailable)
      // One with errors is not held against the others: what it was meant to be is not known.
      guard let policy = reader.policy(), root.context.count == before else { continue }
      policies.append(policy)
      sections.append(section)
    }
  }

  /// Notes names that stand twice, policies that contradict each other, and those that can never match.
  mutating func compare(principalFields: [String]) {
    var sound: [IdempotencyPolicy] = []
    for (policy, section) in zip(policies, sections) {
      if sound.contains(where: { $0.name == policy.name }) {
        section.fail("name", "is another policy's too; expected a name of its own")
        continue
      }
      do throws(PolicyError) {
        _ = try PolicySet(sound + [policy], principalFields: principalFields)
      } catch {
        section.context.add(error.reason, at: section.location, path: section.path)
        continue
      }
      if let earlier = sound.first(where: { $0.covers(policy) }) {
        section.context.add(
          "is never reached: policy \(earlier.name) before it matches everything that it does; expected the narrower one first",
          at: section.location, path: section.path)
      }
      sound.append(policy)
    }
  }

  /// Notes the first policy that must know the caller though nothing says how.
  func requirePrincipal() {
    guard let index = policies.firstIndex(where: \.namesPrincipal) else { return }
    let why = sections[index].node("scope") == nil ? "scope is [principal] by default" : "scope or key.derive names it"
    sections[index].context.add(
      "is missing; expected headers or jwt, because policy \(policies[index].name) needs it (\(why))",
      at: sections[index].location, path: "principal")
  }
}
