import Foundation
import NIOCore
import NIOPosix
import Testing

@testable import IdempotencyWorker

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

@Suite("W10 the path of a Unix socket: who may take it, and who removes it", .timeLimit(.minutes(1)))
struct UnixSocketPlaceTests {
  #if canImport(Glibc)
    private static let stream = CInt(SOCK_STREAM.rawValue)
  #else
    private static let stream = SOCK_STREAM
  #endif

  /// Gives a test a path in a directory of its own; the directory is removed behind it.
  private func withPath(_ body: (_ path: String, _ directory: String) async throws -> Void) async throws {
    let directory = "/tmp/place-\(UInt32.random(in: 0...UInt32.max))"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    try await body("\(directory)/worker.sock", directory)
  }

  private func listen(at path: String) async throws -> any Channel {
    let place = try UnixSocketPlace(path)
    let listener = try await bind(place)
    do {
      try await place.take(listener)
      return listener
    } catch {
      try await listener.close()
      throw error
    }
  }

  private func bind(_ place: UnixSocketPlace) async throws -> any Channel {
    try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .bind(unixDomainSocketPath: place.temporaryPath).get()
  }

  /// A socket as a killed process leaves it: bound, and nobody listens.
  private func leaveDeadSocket(at path: String) throws {
    close(try boundSocket(at: path))
  }

  private func boundSocket(at path: String) throws -> CInt {
    let made = socket(AF_UNIX, Self.stream, 0)
    let result = try SocketAddress(unixDomainSocketPath: path).withSockAddr { Self.bound(made, $0, socklen_t($1)) }
    try #require(result == 0)
    return made
  }

  private static func bound(_ made: CInt, _ address: UnsafePointer<sockaddr>, _ length: socklen_t) -> CInt {
    #if canImport(Glibc)
      Glibc.bind(made, address, length)
    #elseif canImport(Musl)
      Musl.bind(made, address, length)
    #else
      Darwin.bind(made, address, length)
    #endif
  }

  private static func listening(_ made: CInt) -> CInt {
    #if canImport(Glibc)
      Glibc.listen(made, 0)
    #elseif canImport(Musl)
      Musl.listen(made, 0)
    #else
      Darwin.listen(made, 0)
    #endif
  }

  private func number(of path: String) throws -> String {
    "\(try #require(try FileManager.default.attributesOfItem(atPath: path)[.systemFileNumber]))"
  }

  private func files(in directory: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
  }

  @Test("a free path is taken, and nothing is left of it at the end")
  func free() async throws {
    try await withPath { path, directory in
      let listener = try await listen(at: path)
      #expect(try files(in: directory) == ["worker.sock"])
      try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .connect(unixDomainSocketPath: path).get().close()
      try await listener.close()
      #expect(try files(in: directory) == [])
    }
  }

  @Test("a living one's path is refused, and stays as it was")
  func living() async throws {
    try await withPath { path, directory in
      let first = try await listen(at: path)
      let before = try number(of: path)
      let error = await #expect(throws: AddressInUse.self) { _ = try await listen(at: path) }
      #expect(error?.description == "the address unix:\(path) is in use: somebody accepts connections there")
      #expect(try number(of: path) == before)
      #expect(try files(in: directory) == ["worker.sock"])
      try await first.close()
    }
  }

  #if os(Linux)
    @Test("one whose queue is full lives")
    func fullQueue() async throws {
      try await withPath { path, directory in
        let owner = try boundSocket(at: path)
        defer { close(owner) }
        try #require(Self.listening(owner) == 0)
        var clients: [CInt] = []
        defer { for client in clients { close(client) } }
        while true {
          let client = socket(AF_UNIX, Self.stream, 0)
          clients.append(client)
          _ = fcntl(client, F_SETFL, O_NONBLOCK)
          let result = try SocketAddress(unixDomainSocketPath: path).withSockAddr { address, length in
            connect(client, address, socklen_t(length)) == 0 ? 0 : errno
          }
          if result == EAGAIN { break }
          try #require(result == 0 && clients.count < 100)
        }
        await #expect(throws: AddressInUse.self) { _ = try await listen(at: path) }
        #expect(try files(in: directory) == ["worker.sock"])
      }
    }
  #endif

  @Test("a dead socket is replaced")
  func dead() async throws {
    try await withPath { path, directory in
      try leaveDeadSocket(at: path)
      let listener = try await listen(at: path)
      try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .connect(unixDomainSocketPath: path).get().close()
      #expect(try files(in: directory) == ["worker.sock"])
      try await listener.close()
    }
  }

  @Test("what is no socket is refused, and stays as it was", arguments: ["file", "directory", "link"])
  func noSocket(_ kind: String) async throws {
    try await withPath { path, directory in
      switch kind {
      case "file": try "text".write(toFile: path, atomically: false, encoding: .utf8)
      case "directory": try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
      default: try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "\(directory)/gone")
      }
      let before = try number(of: path)
      let error = await #expect(throws: UnusableSocketPath.self) { _ = try await listen(at: path) }
      #expect(error?.description == "unix:\(path) is no socket; it is not replaced")
      #expect(try number(of: path) == before)
      #expect(try files(in: directory) == ["worker.sock"])
    }
  }

  @Test("what came to stand there after the first look is seen before the path is taken")
  func later() async throws {
    try await withPath { path, directory in
      let place = try UnixSocketPlace(path)
      let listener = try await bind(place)
      let other = try await listen(at: path)
      await #expect(throws: AddressInUse.self) { try await place.take(listener) }
      try await listener.close()
      #expect(try files(in: directory) == ["worker.sock"])
      try await other.close()
    }
  }

  @Test("at its end a listener leaves a socket alone that is not its own")
  func another() async throws {
    try await withPath { path, directory in
      let first = try await listen(at: path)
      try FileManager.default.removeItem(atPath: path)
      let second = try await listen(at: path)
      let own = try number(of: path)
      try await first.close()
      #expect(try number(of: path) == own)
      try await second.close()
      #expect(try files(in: directory) == [])
    }
  }

  @Test("of many that start at once where a dead socket stands, one has the path, and the rest are told")
  func atOnce() async throws {
    for _ in 1...20 {
      try await withPath { path, directory in
        try leaveDeadSocket(at: path)
        let listeners = await withTaskGroup(of: (any Channel)?.self) { tasks in
          for _ in 1...8 {
            tasks.addTask {
              do {
                return try await listen(at: path)
              } catch {
                #expect(error is AddressInUse, "\(error)")
                return nil
              }
            }
          }
          return await tasks.reduce(into: [any Channel]()) { found, listener in
            if let listener { found.append(listener) }
          }
        }
        #expect(listeners.count == 1)
        #expect(try files(in: directory) == ["worker.sock"])
        for listener in listeners { try await listener.close() }
        #expect(try files(in: directory) == [])
      }
    }
  }

  @Test("the longest path that a socket may have is taken as well")
  func longest() async throws {
    try await withPath { _, directory in
      let room = ListenAddress.maximumPathBytes - directory.utf8.count - 4
      let inner = "\(directory)/\(String(repeating: "d", count: room))"
      try FileManager.default.createDirectory(atPath: inner, withIntermediateDirectories: false)
      let path = "\(inner)/ws"
      #expect(path.utf8.count == ListenAddress.maximumPathBytes)
      let listener = try await listen(at: path)
      #expect(try files(in: inner) == ["ws"])
      try await listener.close()
    }
  }
}
