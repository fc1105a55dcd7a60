import Idempotency

/// Reads one entry of `policies`.
struct PolicyReader {
  /// The entry.
  let section: Section
  /// Filled into every policy.
  let originTimeout: Duration
  /// Filled into every policy.
  let onUnavailable: ExecutionPolicy.UnavailableRule

  /// Reads the entry; nil where it is no policy at all, and that is noted.
  func policy() -> IdempotencyPolicy? {
    let expected = "1 to 64 of A-Z a-z 0-9 . _ -"
    section.require("name", expected)
    section.require("match", "{ methods: [POST], path: /… }; { path: /** } matches every path")
    let name = section.value("name", expected: expected, read: StoreSettings.name) ?? "policy"
    let match = section.section("match")
    guard var policy = policy(name, match) else { return nil }
    policy.keyspace = section.value("keyspace", expected: expected, read: StoreSettings.name) ?? name
    policy.host = host(match)
    policy.isTrailingSlashSignificant = match.choice(
      "trailingSlash", ["ignore": false, "significant": true], default: policy.isTrailingSlashSignificant)
    policy.isCaseSensitive = match.boolean("caseSensitive", default: policy.isCaseSensitive)
    readKey(section.section("key"), &policy)
    let scopes = "principal, path, authority or header:NAME"
    policy.scope = section.values("scope", expected: scopes, read: scope) ?? policy.scope
    policy.fingerprint = fingerprint(section.section("fingerprint"))
    readExecution(&policy.execution)
    readAnswers(&policy)
    return policy
  }

  private func policy(_ name: String, _ match: Section) -> IdempotencyPolicy? {
    match.requireElements("methods", "one method at least")
    let changing = "a method in upper case that changes something, such as POST"
    let methods = match.values("methods", expected: changing, read: method)
    let path = match.value("path", expected: "a text that begins with /") { $0 } ?? "/**"
    do throws(PathPatternError) {
      return try IdempotencyPolicy(name, methods: methods.map(Set.init) ?? ["POST", "PATCH"], path: path)
    } catch {
      match.fail("path", "is not valid; expected a path pattern. \(error.rawValue)")
      return nil
    }
  }

  /// A method, nil when it cannot be guarded: methods are case-sensitive, and what is safe is never guarded (rule N6).
  private func method(_ text: String) -> String? {
    guard HeaderName.parse(text) != nil, text == text.uppercased() else { return nil }
    return ["GET", "HEAD", "OPTIONS", "TRACE", "CONNECT"].contains(text) ? nil : text
  }

  private func host(_ match: Section) -> String? {
    match.value("host", expected: "a host's name or address, with a port where only that one is meant") { text in
      Authority(text, scheme: "").isPlain ? text.lowercased() : nil
    }
  }

  private func scope(_ text: String) -> ScopeEntry? {
    switch text {
    case "principal": return .principal
    case "path": return .path
    case "authority": return .authority
    default:
      guard text.hasPrefix("header:") else { return nil }
      return HeaderName.parse(String(text.dropFirst("header:".count))).map { .header($0.lowercased()) }
    }
  }
}
