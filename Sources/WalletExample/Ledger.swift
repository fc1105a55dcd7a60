import Foundation
import NIOPosix

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Where the money moves: an append-only file of JSON lines that all nodes of a machine share.
///
/// It knows nothing of keys being unique and nothing of Redis, so it tells the truth about what was done how often,
/// also after restarts and whatever the store has lost. Files are read and written by hand: no library here appends
/// with one `write` and `fsync`, which is what makes a line of several processes' file whole and lasting.
final class Ledger: Sendable {
  private let descriptor: CInt
  private let path: String
  /// Writing and `fsync` block; an event loop must not.
  private let threads = NIOThreadPool.singleton

  /// Opens the ledger, or makes it.
  /// - Throws: ``LedgerError`` if the file can be neither.
  init(path: String) throws {
    self.path = path
    descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw LedgerError("cannot open the ledger \(path)", errno) }
  }

  deinit {
    close(descriptor)
  }

  /// Carries out an effect.
  ///
  /// When this returns it has happened, and survives a crash of the machine.
  /// - Throws: ``LedgerError``; ``LedgerError/hadNoEffect`` tells whether the effect may have happened.
  func append(_ entry: LedgerEntry) async throws {
    var line = try JSONEncoder().encode(entry)
    line.append(UInt8(ascii: "\n"))
    let bytes = line
    try await threads.runIfActive { [descriptor] in
      // One write: O_APPEND makes it land whole behind what other nodes have written.
      let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 { throw LedgerError("cannot write to the ledger", errno, hadNoEffect: true) }
      if count < bytes.count { throw LedgerError("the ledger took only a part of a line", ENOSPC) }
      if fsync(descriptor) != 0 { throw LedgerError("cannot make the ledger last", errno) }
    }
  }

  /// Counts effects, all of them or those of one key.
  func summary(key: String?) async throws -> LedgerSummary {
    var summary = LedgerSummary()
    try await forEach { entry in
      if let key, entry.key != key { return }
      summary.add(entry)
    }
    return summary
  }

  /// Finds a movement again.
  func movement(id: String) async throws -> Movement? {
    var found: Movement?
    try await forEach { if $0.movement.id == id { found = $0.movement } }
    return found
  }

  /// Reads the file anew each time: other nodes write to it, and nothing of it is kept in memory.
  private func forEach(_ body: (LedgerEntry) -> Void) async throws {
    let bytes = try await threads.runIfActive { [path] in
      try Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped)
    }
    let decoder = JSONDecoder()
    // What stands behind the last line feed is being written by another node: it is not done.
    for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast() {
      body(try decoder.decode(LedgerEntry.self, from: line))
    }
  }
}
