extension StoreKind {
  /// Reads which store it is: exactly one of `redis`, `sentinel`, `cluster` and `memory`.
  init(_ section: Section) {
    let kinds = ["redis", "sentinel", "cluster", "memory"]
    let given = kinds.filter { section.node($0) != nil }
    if given.isEmpty {
      let example = section.location == .commandLine ? " (--store memory, or --store redis://host:6379)" : ""
      let expected = "expected exactly one of \(kinds.joined(separator: ", "))\(example)"
      let reason = section.isPresent ? "names no store; \(expected)" : "is missing; \(expected)"
      section.context.add(reason, at: section.location, path: "store")
    }
    for key in given.dropFirst() {
      section.fail(key, "is given beside \(given[0]); expected exactly one of \(kinds.joined(separator: ", "))")
    }
    switch given.first {
    case "redis":
      // Whether it is a URL is noted by whoever needs what is in it.
      if case .scalar(let url, _)? = section.node("redis")?.value { self = .redis(url: url) } else { self = .memory }
    case "sentinel":
      self = .sentinel(SentinelSettings(section.section("sentinel")))
    case "cluster":
      self = .cluster(nodes: section.section("cluster").storeNodes(defaultPort: 6_379))
    default:
      _ = section.section("memory")
      self = .memory
    }
  }
}

extension SentinelSettings {
  /// Reads `store.sentinel`.
  init(_ section: Section) {
    section.require("master", "the name that sentinels know")
    master = section.value("master", expected: "the name that sentinels know") { $0.isEmpty ? nil : $0 } ?? ""
    nodes = section.storeNodes(defaultPort: 26_379)
    user = section.text("user").flatMap { $0 == "default" ? nil : $0 }
    passwordFile = section.file("passwordFile", isSecret: true)
    if user != nil, passwordFile == nil {
      section.fail("user", "is given without a password; expected \(section.name("passwordFile")) too")
    }
  }
}

extension DurabilitySettings {
  /// Reads `store.durability`.
  init(_ section: Section, storeTimeout: Duration) {
    self.init()
    replicas = section.integer("replicas", default: replicas, in: Self.replicasRange)
    let longest = StoreSettings.timeoutRange.upperBound
    timeout = section.duration("timeout", default: timeout, in: Self.shortestTimeout...longest)
    if replicas > 0, timeout > storeTimeout {
      let limit = DurationText.describe(storeTimeout)
      section.fail("timeout", "is \(DurationText.describe(timeout)); expected at most store.timeout (\(limit))")
    }
  }
}

extension PutBackSettings {
  /// Reads `store.putBack`.
  init(_ section: Section) {
    self.init()
    window = section.duration("window", default: window, in: Self.windowRange)
    bytes = section.size("bytes", default: bytes, in: Self.bytesRange)
  }
}

extension Section {
  /// Reads `nodes`, one at least: `host:port`, or a host alone with the default port.
  fileprivate func storeNodes(defaultPort: Int) -> [HostAndPort] {
    require("nodes", "a list, each host:port")
    requireElements("nodes", "one host:port at least")
    return values("nodes", expected: "host:port or [ipv6]:port") { HostAndPort($0, defaultPort: defaultPort) } ?? []
  }
}
