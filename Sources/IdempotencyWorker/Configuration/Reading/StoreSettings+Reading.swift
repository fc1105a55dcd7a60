import HiredisNIO
import Idempotency

extension StoreSettings {
  /// Reads `store`.
  ///
  /// A setting that says its default contradicts nothing.
  init(_ section: Section) {
    let redis = Self.redis(section)
    self.init(kind: StoreKind(section))
    database = section.integer("database", default: redis?.database ?? 0, in: Self.databaseRange)
    prefix = section.value("prefix", expected: "1 to 64 of A-Z a-z 0-9 . _ -", read: Self.name) ?? prefix
    timeout = section.duration("timeout", default: timeout, in: Self.timeoutRange)
    settle = section.duration("settle", default: settle, in: .zero...Self.longestSettle)
    putBack = PutBackSettings(section.section("putBack"))
    connections = section.integer("connections", default: connections, in: Self.connectionsRange)
    durability = DurabilitySettings(section.section("durability"), storeTimeout: timeout)
    onUnavailable = section.choice(
      "onUnavailable", ["reject": .reject, "execute": .execute], default: onUnavailable)
    readCredentials(section, redis: redis)
    readTLS(section, redis: redis)
    checkDatabase(section, redis: redis)
    checkSettle(section)
  }

  /// What the URL says, nil without one; that it is wrong is noted once, here.
  private static func redis(_ section: Section) -> RedisConfiguration? {
    guard let text = section.scalar("redis", expected: "a URL: redis://, rediss:// or unix:/path")?.text else {
      return nil
    }
    do throws(RedisConfigurationError) {
      return try RedisConfiguration(url: text)
    } catch {
      section.fail("redis", "is not valid: \(error.message); expected redis://, rediss:// or unix:/path")
      return nil
    }
  }

  private mutating func readCredentials(_ section: Section, redis: RedisConfiguration?) {
    // `default` is what Redis itself calls the user of connections that name none.
    user = section.text("user").flatMap { $0 == "default" ? nil : $0 }
    passwordFile = section.file("passwordFile", isSecret: true)
    if let redis, redis.password != nil || redis.username != nil {
      for key in ["user", "passwordFile"] where key == "user" ? user != nil : passwordFile != nil {
        section.fail(key, "is given though the URL in store.redis holds a password; expected one of them")
      }
    } else if user != nil, passwordFile == nil {
      section.fail("user", "is given without a password; expected store.passwordFile too")
    }
  }

  private mutating func readTLS(_ section: Section, redis: RedisConfiguration?) {
    let settings = ClientTLS(section.section("tls"))
    if section.node("tls") != nil || redis?.tls != nil { tls = settings }
    if case .unix? = redis?.address, section.node("tls") != nil {
      section.fail("tls", "is given though store.redis is a Unix domain socket; expected one of them")
    }
  }

  private func checkDatabase(_ section: Section, redis: RedisConfiguration?) {
    if case .cluster = kind, database != 0 {
      section.fail("database", "is \(database); expected 0, the only one that a cluster has")
    } else if let redis, redis.database != 0, redis.database != database {
      section.fail(
        "database", "is \(database) though the URL in store.redis says \(redis.database); expected one of them")
    }
  }

  private func checkSettle(_ section: Section) {
    let shortest = Self.longestReconnect + timeout * 2
    guard kind != .memory, settle != .zero, settle < shortest else { return }
    let expected =
      "0s (a single worker), or at least \(DurationText.describe(shortest)): the longest way back to Redis "
      + "(\(DurationText.describe(Self.longestReconnect))) and two time-outs"
    let now = DurationText.describe(settle)
    if section.node("settle") == nil {
      section.fail("timeout", "leaves store.settle at \(now); expected settle to be \(expected)")
    } else {
      section.fail("settle", "is \(now); expected \(expected)")
    }
  }

  /// A name that may stand in a record's key, nil when the text is none: `[A-Za-z0-9._-]{1,64}`.
  static func name(_ text: String) -> String? {
    let isName = text.utf8.allSatisfy {
      switch $0 {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"): true
      default: false
      }
    }
    return isName && (1...64).contains(text.utf8.count) ? text : nil
  }
}
