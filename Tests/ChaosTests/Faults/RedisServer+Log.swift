import Foundation
import HiredisNIO
import Idempotency
import IdempotencyTesting
@testable import Harness

/// The append-only log of a Redis that a fault has killed.
extension RedisServer {
  /// The part of the log that grows.
  private func logFile() throws -> String {
    let folder = "\(directory)/appendonlydir"
    let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".incr.aof") }
    guard let name = names.max(by: { $0.localizedStandardCompare($1) == .orderedAscending }) else {
      throw HarnessError("Redis has no log in \(folder)")
    }
    return "\(folder)/\(name)"
  }

  /// How many bytes the log has.
  func logLength() throws -> Int {
    let size = try FileManager.default.attributesOfItem(atPath: try logFile())[.size]
    return (size as? NSNumber)?.intValue ?? 0
  }

  /// Loses what was written last.
  func truncateLog(to length: Int) throws {
    guard let file = FileHandle(forWritingAtPath: try logFile()) else { throw HarnessError("the log is gone") }
    try file.truncate(atOffset: UInt64(length))
    try file.close()
  }

  /// Copies the log of a server that is down.
  /// - Returns: A directory beside it, which goes when it does.
  func copyLog() throws -> String {
    let copy = "\(directory)/copy-\(freshKey())"
    try FileManager.default.createDirectory(atPath: copy, withIntermediateDirectories: false)
    try FileManager.default.copyItem(atPath: "\(directory)/appendonlydir", toPath: "\(copy)/appendonlydir")
    return copy
  }

  /// The records of a copied log, as another server reads it.
  /// - Returns: Their heads, by their clients' keys.
  static func records(in copy: String) async throws -> [String: RecordHead] {
    var options = RedisServer.Options()
    options.appendOnly = true
    options.extraArguments = ["--dir", copy]
    let reader = try await RedisServer.start(options)
    var heads: [String: RecordHead] = [:]
    for name in try await reader.command("KEYS", "*").array?.compactMap(\.string) ?? [] {
      // The claim of keyspaces is a hash.
      guard !name.hasSuffix(":meta"), let bytes = try await reader.command("GET", name).bytes,
        let key = name.split(separator: ":").last
      else { continue }
      heads[String(key)] = RecordHead(bytes: bytes)
    }
    await reader.stop()
    return heads
  }
}
