import Foundation
import Hummingbird
import IdempotencyTesting
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Testing

@testable import IdempotencyWorker

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

@Suite struct AdminServerTests {
  #if canImport(Glibc)
    private static let stream = CInt(SOCK_STREAM.rawValue)
  #else
    private static let stream = SOCK_STREAM
  #endif
  private let log = LogLines(level: .info)

  private func server(_ address: ListenAddress = .tcp(host: "127.0.0.1", port: 0)) -> AdminServer {
    let logger = log.logger
    return AdminServer(address: address, readiness: { [] }, metrics: { "" }, logger: logger)
  }

  @Test("It listens on TCP, says where, and stops when it is told to", .timeLimit(.minutes(1)))
  func tcp() async throws {
    let line = try await run(server()) { url in
      let status = try await status(of: url)
      #expect(status == "HTTP/1.1 200 OK")
    }
    #expect(line.hasPrefix("admin listening on http://127.0.0.1:"))
  }

  @Test("It listens on a Unix socket, also on one that a crash left behind", .timeLimit(.minutes(1)))
  func unixSocket() async throws {
    let path = "/tmp/admin-\(UUID().uuidString).sock"
    defer { try? FileManager.default.removeItem(atPath: path) }
    // As a crash leaves it: bound, and not removed.
    let socket = socket(AF_UNIX, Self.stream, 0)
    let bound = try SocketAddress(unixDomainSocketPath: path).withSockAddr { bind(socket, $0, socklen_t($1)) }
    close(socket)
    try #require(bound == 0)
    #expect(FileManager.default.fileExists(atPath: path))
    let line = try await run(server(.unix(path: path))) { url in
      let status = try await status(of: url)
      #expect(status == "HTTP/1.1 200 OK")
    }
    #expect(line == "admin listening on unix:\(path)")
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  @Test("W10 a second one leaves a living one's socket alone", .timeLimit(.minutes(1)))
  func secondOne() async throws {
    let path = "/tmp/admin-\(UUID().uuidString).sock"
    defer { try? FileManager.default.removeItem(atPath: path) }
    _ = try await run(server(.unix(path: path))) { url in
      let error = await #expect(throws: AddressInUse.self) { try await server(.unix(path: path)).run() }
      #expect(error?.description == "the admin listener's address unix:\(path) is in use")
      let status = try await status(of: url)
      #expect(status == "HTTP/1.1 200 OK")
    }
  }

  /// Runs a server until the body has returned; gives the line that says where it listens.
  private func run(_ server: AdminServer, _ body: (_ url: String) async throws -> Void) async throws -> String {
    let group = ServiceGroup(configuration: .init(services: [server], logger: Logger(label: "group")))
    return try await withThrowingTaskGroup { tasks in
      tasks.addTask { try await group.run() }
      var line: String?
      while line == nil {
        try await Task.sleep(for: .milliseconds(5))
        line = log.entries.first?.message
      }
      let found = line ?? ""
      try await body(String(found.dropFirst("admin listening on ".count)))
      await group.triggerGracefulShutdown()
      try await tasks.waitForAll()
      return found
    }
  }

  /// The first line of the answer to `GET /health/live`, over a socket.
  private func status(of url: String) async throws -> String {
    let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
    let channel =
      if url.hasPrefix("unix:") {
        try await bootstrap.connect(unixDomainSocketPath: String(url.dropFirst(5))) { Self.wrapped($0) }
      } else {
        try await bootstrap.connect(host: "127.0.0.1", port: Int(url.split(separator: ":").last ?? "") ?? 0) {
          Self.wrapped($0)
        }
      }
    return try await channel.executeThenClose { inbound, outbound in
      let request = "GET /health/live HTTP/1.1\r\nHost: admin\r\nConnection: close\r\n\r\n"
      try await outbound.write(ByteBuffer(string: request))
      var text = ""
      for try await part in inbound { text += String(buffer: part) }
      return String(text.prefix { $0 != "\r\n" })
    }
  }

  private static func wrapped(_ channel: any Channel) -> EventLoopFuture<NIOAsyncChannel<ByteBuffer, ByteBuffer>> {
    channel.eventLoop.makeCompletedFuture { try NIOAsyncChannel(wrappingChannelSynchronously: channel) }
  }
}
