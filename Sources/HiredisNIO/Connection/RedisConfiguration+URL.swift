import NIOSSL

extension RedisConfiguration {
  /// Reads a configuration from a URL.
  ///
  /// - `redis://[[user]:password@]host[:port][/database]`; an IPv6 address stands in brackets
  /// - `rediss://…`, the same over TLS
  /// - `unix:/path[?db=database]`
  ///
  /// User and password are percent-decoded. The port is 6379 and the database 0 unless the URL says otherwise.
  ///
  /// - Parameter url: The URL.
  /// - Throws: ``RedisConfigurationError``, which says what was expected and never repeats the URL: it may hold a
  ///   password.
  public init(url: String) throws(RedisConfigurationError) {
    guard let colon = url.firstIndex(of: ":") else { throw RedisConfiguration.unknownScheme }
    let rest = url[url.index(after: colon)...]
    switch url[..<colon].lowercased() {
    case "redis":
      try self.init(authorityAndPath: rest)
    case "rediss":
      try self.init(authorityAndPath: rest)
      tls = .makeClientConfiguration()
    case "unix":
      try self.init(unixPath: rest)
    default:
      throw RedisConfiguration.unknownScheme
    }
  }

  private static var unknownScheme: RedisConfigurationError {
    RedisConfigurationError(message: "a Redis URL must begin with redis://, rediss:// or unix:/")
  }

  private init(authorityAndPath text: Substring) throws(RedisConfigurationError) {
    guard text.hasPrefix("//") else { throw RedisConfiguration.unknownScheme }
    let text = text.dropFirst(2)
    guard !text.contains(where: { $0 == "?" || $0 == "#" }) else {
      throw RedisConfigurationError(message: "a redis:// URL takes no query and no fragment")
    }
    let slash = text.firstIndex(of: "/") ?? text.endIndex
    let authority = text[..<slash]
    let at = authority.lastIndex(of: "@")
    let hostAndPort = at.map { authority[authority.index(after: $0)...] } ?? authority
    self.init(address: try RedisConfiguration.address(hostAndPort))
    if let at {
      let parts = authority[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      let user = try RedisConfiguration.percentDecoded(parts[0])
      guard parts.count == 2 else {
        throw RedisConfigurationError(message: "a user in a Redis URL must be followed by :password")
      }
      username = user.isEmpty ? nil : user
      password = try RedisConfiguration.percentDecoded(parts[1])
    }
    let path = text[slash...].dropFirst()
    if !path.isEmpty { database = try RedisConfiguration.databaseNumber(path) }
  }

  private init(unixPath text: Substring) throws(RedisConfigurationError) {
    let question = text.firstIndex(of: "?") ?? text.endIndex
    var path = text[..<question]
    if path.hasPrefix("///") { path = path.dropFirst(2) }
    guard path.hasPrefix("/"), !path.hasPrefix("//") else {
      throw RedisConfigurationError(message: "unix: must be followed by an absolute path, as in unix:/run/redis.sock")
    }
    self.init(address: .unix(path: try RedisConfiguration.percentDecoded(path)))
    let query = text[question...].dropFirst()
    guard !query.isEmpty else { return }
    guard query.hasPrefix("db=") else {
      throw RedisConfigurationError(message: "the query of a unix: URL can only be db=NUMBER")
    }
    database = try RedisConfiguration.databaseNumber(query.dropFirst(3))
  }

  private static func address(_ text: Substring) throws(RedisConfigurationError) -> Address {
    var host = text
    var port: Substring?
    if text.hasPrefix("[") {
      guard let end = text.firstIndex(of: "]") else {
        throw RedisConfigurationError(message: "an IPv6 address in a Redis URL must end with ]")
      }
      host = text[text.index(after: text.startIndex)..<end]
      let rest = text[text.index(after: end)...]
      guard rest.isEmpty || rest.hasPrefix(":") else {
        throw RedisConfigurationError(message: "only :port may follow an IPv6 address in a Redis URL")
      }
      port = rest.isEmpty ? nil : rest.dropFirst()
    } else if let colon = text.firstIndex(of: ":") {
      host = text[..<colon]
      port = text[text.index(after: colon)...]
      guard let port, !port.contains(":") else {
        throw RedisConfigurationError(message: "an IPv6 address in a Redis URL must stand in [ ]")
      }
    }
    guard !host.isEmpty else { throw RedisConfigurationError(message: "a Redis URL must name a host") }
    guard let port else { return .tcp(host: String(host), port: 6379) }
    guard port.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let number = Int(port), (1...65535).contains(number)
    else {
      throw RedisConfigurationError(message: "the port in a Redis URL must be a number from 1 to 65535")
    }
    return .tcp(host: String(host), port: number)
  }

  private static func databaseNumber(_ text: Substring) throws(RedisConfigurationError) -> Int {
    guard text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let number = Int(text) else {
      throw RedisConfigurationError(message: "the database in a Redis URL must be a number, 0 or more")
    }
    return number
  }

  private static func percentDecoded(_ text: Substring) throws(RedisConfigurationError) -> String {
    var bytes: [UInt8] = []
    var rest = text.utf8
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard let high = rest.popFirst().flatMap({ Character(UnicodeScalar($0)).hexDigitValue }),
        let low = rest.popFirst().flatMap({ Character(UnicodeScalar($0)).hexDigitValue })
      else {
        throw RedisConfigurationError(message: "a % in a Redis URL must be followed by two hex digits")
      }
      bytes.append(UInt8(high << 4 | low))
    }
    guard let decoded = String(validating: bytes, as: UTF8.self) else {
      throw RedisConfigurationError(message: "a Redis URL must be UTF-8 after percent-decoding")
    }
    return decoded
  }
}
