import Foundation
import Idempotency

extension WorkerConfiguration {
  /// Reads a whole configuration; what is wrong is noted in the section's context.
  init(_ root: Section) {
    listen = root.value("listen", expected: ListenAddress.expectation, read: ListenAddress.init) ?? Self.defaultListen
    tls = ListenerTLS(root.section("tls"))
    clientTimeouts = ClientTimeouts(root.section("clientTimeouts"))
    let bounds = root.section("limits")
    limits = ListenerLimits(bounds)
    trustedProxies =
      root.values("trustedProxies", expected: AddressRange.expectation, limit: 1_000, read: AddressRange.init) ?? []
    dropsMethodOverride = root.boolean("dropMethodOverride", default: true)
    originTimeout = root.duration(
      "originTimeout", default: Self.defaultOriginTimeout, in: Self.originTimeoutRange)
    drainTimeout = root.duration(
      "drainTimeout", default: Self.defaultDrainTimeout, in: .zero...Self.longestDrainTimeout)
    workerID = Self.workerID(root)
    admin = Self.admin(root)
    adminTokenFile = root.file("adminTokenFile", isSecret: true)
    origin = Self.origin(root)
    originTLS = ClientTLS(root.section("originTls"))
    originConnections = OriginConnections(root.section("originConnections"))
    store = StoreSettings(root.section("store"))
    let caller = root.section("principal")
    principal = PrincipalSettings(caller)
    pepper = Self.pepper(caller, file: principal?.pepperFile)
    unmatchedKey = root.choice("unmatchedKey", ["ignore": .ignore, "reject": .reject], default: .ignore)
    var list = PolicyList(root, originTimeout: originTimeout, onUnavailable: store.onUnavailable)
    list.compare(principalFields: principal?.fieldNames ?? [])
    if principal == nil { list.requirePrincipal() }
    policies = list.policies
    audit = AuditSettings(root.section("audit"))
    logging = LoggingSettings(root.section("logging"))
    check(root)
    checkRoom(bounds)
  }

  /// The addresses of the example file: reachable from this machine alone until somebody says otherwise.
  private static let defaultListen = ListenAddress.tcp(host: "127.0.0.1", port: 8080)
  private static let defaultAdmin = ListenAddress.tcp(host: "127.0.0.1", port: 8081)

  /// What contradicts itself across settings.
  private func check(_ root: Section) {
    if admin == listen, !Self.isAnyPort(listen) {
      let key = root.node("admin") == nil ? "listen" : "admin"
      root.fail(key, "is the other listener's address too; expected another port")
    }
    if adminTokenFile != nil, admin == nil {
      root.fail("adminTokenFile", "is given though admin is off; expected one of them")
    }
    if dropsMethodOverride, let name = methodOverrideThatCounts {
      root.fail("dropMethodOverride", "is true though policies or principal rely on \(name); expected false")
    }
    guard drainTimeout <= originTimeout, !root.context.contains("drainTimeout"), !root.context.contains("originTimeout")
    else { return }
    let (drain, silence) = (DurationText.describe(drainTimeout), DurationText.describe(originTimeout))
    if root.node("drainTimeout") == nil {
      root.fail("originTimeout", "is \(silence); expected shorter than drainTimeout (\(drain)), or that one longer")
    } else {
      root.fail("drainTimeout", "is \(drain); expected longer than originTimeout (\(silence))")
    }
  }

  /// A field that asks for another method, among those that say who calls or what is asked for.
  private var methodOverrideThatCounts: String? {
    var names = policies.flatMap(\.reliedFields)
    switch principal?.source {
    case .headers(let headers)?: names += headers
    case .jwt(let jwt)?: names.append(jwt.header)
    case nil: break
    }
    return names.first { KnownField($0.replacing("_", with: "-")) == .methodOverride }
  }

  /// A request that is larger than all that may be held would be refused for ever, and told to come again.
  private func checkRoom(_ bounds: Section) {
    guard !bounds.context.contains("limits.heldBytes"),
      let policy = policies.first(where: { $0.limits.requestBody > limits.heldBytes })
    else { return }
    let (held, body) = (SizeText.describe(limits.heldBytes), SizeText.describe(policy.limits.requestBody))
    bounds.fail("heldBytes", "is \(held); expected at least the requestBody (\(body)) of policy \(policy.name)")
  }

  private static func isAnyPort(_ address: ListenAddress) -> Bool {
    if case .tcp(_, port: 0) = address { true } else { false }
  }

  private static func workerID(_ root: Section) -> String {
    let expected = "at most \(longestWorkerID) printable ASCII characters"
    let name = root.value("workerId", expected: expected) { text in
      text.utf8.count <= longestWorkerID && text.utf8.allSatisfy { (0x20...0x7E).contains($0) } ? text : nil
    }
    guard let name, !name.isEmpty else {
      let process = ProcessInfo.processInfo
      return "\(process.hostName)-\(process.processIdentifier)"
    }
    return name
  }

  private static func admin(_ root: Section) -> ListenAddress? {
    if case .scalar("off", _)? = root.node("admin")?.value { return nil }
    let admin = root.value("admin", expected: "\(ListenAddress.expectation), or off", read: ListenAddress.init)
    return admin ?? defaultAdmin
  }

  private static func origin(_ root: Section) -> OriginAddress {
    root.require("origin", OriginAddress.expectation + (root.location == .commandLine ? " (--origin URL)" : ""))
    return root.value("origin", expected: OriginAddress.expectation, read: OriginAddress.init) ?? .unknown
  }

  /// The pepper is the file's bytes as they are, a last line feed included, as the library takes it: nodes in other
  /// languages and tools that read the same file must come to the same hashes.
  private static func pepper(_ principal: Section, file: String?) -> Pepper {
    guard let file, !principal.context.contains(principal.name("pepperFile")) else { return .default }
    let bytes = FileManager.default.contents(atPath: file).map(Array.init) ?? []
    // 16: what an attacker cannot try; 4,096: more is a wrong file.
    if (16...4_096).contains(bytes.count) { return Pepper(bytes: bytes) }
    principal.fail("pepperFile", "the file has \(bytes.count) bytes; expected 16 to 4096, random ones")
    return .default
  }
}
