import Crypto

/// A Lua script that the server runs by its digest, and by its source when it does not know the digest.
public final class RedisScript: Sendable {
  /// What the script is called in logs and metrics; the server never sees it.
  public let name: String

  /// The Lua source exactly as it is sent; a shebang such as `#!lua flags=allow-oom` is part of it.
  public let source: String

  /// The SHA-1 of the source in 40 lower-case hex digits, as EVALSHA takes it.
  ///
  /// Computed once, here.
  public let sha1: String

  /// Makes a script.
  ///
  /// - Parameters:
  ///   - name: What the script is called in logs and metrics.
  ///   - source: The Lua source.
  public init(name: String, source: String) {
    self.name = name
    self.source = source
    let digits = Array("0123456789abcdef".utf8)
    self.sha1 = String(
      decoding: Insecure.SHA1.hash(data: Array(source.utf8)).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] },
      as: UTF8.self)
  }
}
