import Foundation

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// The counting origin as a process.
struct Origin: Sendable {
  /// How long its answer's body is, if nothing else is said; that of nginx as the origin is as long.
  static let bodyBytes = 54

  let program: Program
  let port: Int

  static func start(milliseconds: Int = 0, bytes: Int = bodyBytes) async throws -> Origin {
    let program = try await Program(
      WorkerProgram.own, ["origin", "--milliseconds", String(milliseconds), "--bytes", String(bytes)])
    return Origin(program: program, port: try await program.port(after: "listening on "))
  }

  /// What it did since it was last asked.
  func takeSummary() async throws -> LedgerSummary {
    try JSONDecoder().decode(LedgerSummary.self, from: try await get("ledger"))
  }

  /// Lets every operation that it holds end.
  func release() async throws {
    _ = try await get("release")
  }

  private func get(_ path: String) async throws -> Data {
    guard let url = URL(string: "http://127.0.0.1:\(port)/\(path)") else { preconditionFailure("a URL by its parts") }
    return try await URLSession.shared.data(from: url).0
  }
}
