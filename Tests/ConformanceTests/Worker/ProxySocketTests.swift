import Foundation
import NIOCore
import Testing

@testable import Harness

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

@Suite("W10 worker: its own Unix socket, and nobody else's", .timeLimit(.minutes(10)))
struct ProxySocketTests {
  private func withPath(_ body: (_ path: String) async throws -> Void) async throws {
    let path = "/tmp/proxy-\(UInt32.random(in: 0...UInt32.max)).sock"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try await body(path)
  }

  /// The same for tests that start their workers themselves, with an origin.
  private func withOrigin(_ body: (_ path: String, _ originPort: Int) async throws -> Void) async throws {
    try await Slots.withSlot {
      let origin = try await RawOrigin.start()
      do {
        try await withPath { path in try await body(path, origin.port) }
        await origin.stop()
      } catch {
        await origin.stop()
        throw error
      }
    }
  }

  /// A second worker that is to listen at the same path.
  private func second(_ path: String, originPort: Int, admin: String = "off") async throws -> NodeProcess {
    try await NodeProcess(
      ["idempotency-worker", "IdempotencyWorker"],
      [
        "--origin", "http://127.0.0.1:\(originPort)", "--store", "memory", "--listen", "unix:\(path)", "--admin", admin,
      ])
  }

  private func status(at path: String) async throws -> Int {
    let wire = try await Wire.open(to: SocketAddress(unixDomainSocketPath: path))
    try await wire.send(.request())
    let answer = try await wire.answer()
    await wire.close()
    return answer.status
  }

  @Test("W10 a second worker does not start, says why, and takes nothing from the first; not even from a suspended one")
  func second() async throws {
    try await withPath { path in
      try await ProxyWorker.run(try await RawOrigin.start(), .init(listen: "unix:\(path)")) { worker in
        for isSuspended in [false, true] {
          if isSuspended { try await worker.suspend() }
          let second = try await second(path, originPort: worker.origin.port)
          #expect(await second.ended() == 1)
          #expect(
            second.output.contains("the address unix:\(path) is in use: somebody accepts connections there"),
            "\(second.output)")
          if isSuspended { worker.resume() }
          #expect(try await status(at: path) == 200)
        }
      }
    }
  }

  @Test("W10 what a killed worker left is replaced; at its end a worker leaves another's socket where it is")
  func replaced() async throws {
    try await withOrigin { path, port in
      let first = try await second(path, originPort: port)
      _ = try await first.line(with: "listening on unix:\(path)")
      await first.kill()
      #expect(FileManager.default.fileExists(atPath: path))

      let next = try await second(path, originPort: port)
      _ = try await next.line(with: "listening on unix:\(path)")
      #expect(try await status(at: path) == 200)

      // As an operator may do who moves to a new version.
      try FileManager.default.removeItem(atPath: path)
      let last = try await second(path, originPort: port)
      _ = try await last.line(with: "listening on unix:\(path)")
      next.signal(SIGTERM)
      #expect(await next.ended() == 0)
      #expect(try await status(at: path) == 200)
      last.signal(SIGTERM)
      #expect(await last.ended() == 0)
      #expect(!FileManager.default.fileExists(atPath: path))
    }
  }

  @Test("W10 the admin listener's socket is not taken either")
  func admin() async throws {
    try await withOrigin { path, port in
      let first = try await second("\(path).1", originPort: port, admin: "unix:\(path)")
      _ = try await first.line(with: "admin listening on unix:\(path)")
      // Without a file a second worker goes on without an admin listener.
      let next = try await second("\(path).2", originPort: port, admin: "unix:\(path)")
      _ = try await next.line(with: "no admin listener: its address is in use")
      next.signal(SIGTERM)
      #expect(await next.ended() == 0)
      let wire = try await Wire.open(to: SocketAddress(unixDomainSocketPath: path))
      try await wire.send(.request("GET", "/health/live"))
      #expect(try await wire.answer().status == 200)
      await wire.close()
      first.signal(SIGTERM)
      #expect(await first.ended() == 0)
      #expect(!FileManager.default.fileExists(atPath: path))
    }
  }

  @Test("W10 a file at the path stays what it is")
  func file() async throws {
    try await withOrigin { path, port in
      try "text".write(toFile: path, atomically: false, encoding: .utf8)
      let worker = try await second(path, originPort: port)
      #expect(await worker.ended() == 1)
      #expect(worker.output.contains("unix:\(path) is no socket; it is not replaced"), "\(worker.output)")
      #expect(try String(contentsOfFile: path, encoding: .utf8) == "text")
    }
  }
}
