internal import HiredisNIO
internal import NIOCore

/// What `INFO` says about a server, as far as it matters here.
struct ServerFacts: Sendable {
  private let fields: [Substring: Substring]

  /// Reads the reply to `INFO`.
  ///
  /// - Parameters:
  ///   - reply: The reply, which must be a bulk string: anything else answers another command.
  ///   - address: The server's, for the message.
  /// - Throws: ``RedisStoreError`` with ``RedisStoreError/Code/infoRefused``.
  init(reply: RESPValue, address: String) throws(RedisStoreError) {
    guard let bytes = reply.bytes else {
      throw RedisStoreError(
        .infoRefused,
        "Redis at \(address) gives INFO an answer that is none: connect to the server itself, not to a proxy")
    }
    self.init(info: String(buffer: bytes))
  }

  /// Reads the text that `INFO` answers.
  init(info: String) {
    var fields: [Substring: Substring] = [:]
    // By scalar-free separators: `\r\n` is one Character.
    for line in info.split(whereSeparator: \.isNewline) where !line.hasPrefix("#") {
      guard let colon = line.firstIndex(of: ":") else { continue }
      fields[line[..<colon]] = line[line.index(after: colon)...]
    }
    self.fields = fields
  }

  /// The value of a field; empty if there is none.
  subscript(name: String) -> String { fields[name[...]].map(String.init) ?? "" }

  /// Which history the data has.
  var identity: NodeIdentity { NodeIdentity(runID: self["run_id"], replicationID: self["master_replid"]) }

  /// Whether every write goes to an append-only file.
  var isAppendOnly: Bool { self["aof_enabled"] == "1" }
}
