import Foundation
import NIOCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The path of a Unix socket that this process listens on: no living socket is replaced, and at the end nothing but its
/// own is removed (rule W10).
///
/// A listener is bound to another name in the same directory, and moved to the path when it takes connections. So a
/// socket at the path that refuses connections has no owner any more. To look at what stands there and to move are one
/// step: each worker locks the directory for it. Without the lock two workers that start at once could both find a dead
/// socket, and the later one would take the place of the earlier one. A lock file would do the same, and stay behind.
struct UnixSocketPlace: Sendable {
  /// Where clients come to.
  let path: String
  /// Where the listener is bound, before ``take(_:)``; nothing stands there.
  let temporaryPath: String
  /// With the slash at its end.
  private let directory: String

  /// Looks whether a path can be taken.
  ///
  /// - Parameter path: An absolute path that a socket can have.
  /// - Throws: ``AddressInUse`` where somebody accepts connections there, ``UnusableSocketPath`` where something else
  ///   than a dead socket stands there. Nothing was changed.
  init(_ path: String) throws {
    self.path = path
    directory = String(path[...(path.lastIndex(of: "/") ?? path.startIndex)])
    temporaryPath = try Self.freePath(in: directory)
    try checkIsFree()
  }

  /// Moves a listener from ``temporaryPath`` to ``path``; when it is closed, the path is removed before.
  ///
  /// - Parameter listener: Bound to ``temporaryPath``. It must be closed where this throws.
  /// - Throws: As ``init(_:)``; what stands at the path was not changed.
  func take(_ listener: any Channel) async throws {
    let lock = try await DirectoryLock(directory, for: path)
    let remover: OwnSocketRemover
    do {
      defer { lock.release() }
      try checkIsFree()
      guard rename(temporaryPath, path) == 0 else { throw UnusableSocketPath(path, "cannot be made: \(lastError)") }
      remover = OwnSocketRemover(path)
    }
    // Nearest to the socket: whoever closes the listener comes by.
    try await listener.pipeline.addHandler(remover, position: .first).get()
  }

  /// Throws unless nothing stands at the path, or a socket whose owner is gone.
  private func checkIsFree() throws {
    guard let found = try FileIdentity.at(path) else { return }
    guard found.isSocket else { throw UnusableSocketPath(path, "is no socket; it is not replaced") }
    switch try knock() {
    case ECONNREFUSED, ENOENT: return
    // EAGAIN: its queue is full, so it has an owner.
    case 0, EAGAIN, EINPROGRESS:
      throw AddressInUse(description: "the address unix:\(path) is in use: somebody accepts connections there")
    case let error:
      throw UnusableSocketPath(path, "may be in use: \(String(cString: strerror(error))); it is not replaced")
    }
  }

  /// Connects to what stands at the path; whoever listens there sees a client that says nothing.
  ///
  /// - Returns: 0 where it is connected, otherwise why not.
  private func knock() throws -> CInt {
    let address = try SocketAddress(unixDomainSocketPath: path)
    #if canImport(Glibc)
      let probe = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
    #else
      let probe = socket(AF_UNIX, SOCK_STREAM, 0)
    #endif
    guard probe >= 0 else { throw UnusableSocketPath(path, "cannot be looked at: \(lastError)") }
    defer { close(probe) }
    // A worker that was suspended with a full queue must not hold this one up.
    _ = fcntl(probe, F_SETFL, O_NONBLOCK)
    return address.withSockAddr { connect(probe, $0, socklen_t($1)) == 0 ? 0 : errno }
  }

  /// A name in a directory that nothing has.
  private static func freePath(in directory: String) throws -> String {
    // As long as a socket's path may be. 8: with 36 letters and digits no two processes draw the same.
    let length = min(8, ListenAddress.maximumPathBytes - directory.utf8.count)
    for _ in 1...100 {
      let name = String((0..<length).map { _ in "abcdefghijklmnopqrstuvwxyz0123456789".randomElement() ?? "a" })
      if try FileIdentity.at(directory + name) == nil { return directory + name }
    }
    throw UnusableSocketPath(directory, "has no room for another name")
  }
}

/// Removes the socket that a listener is bound to before the listener is closed, if it is still the listener's own.
///
/// Before: as long as the socket is open no other file has its number, and no other worker takes its place.
private final class OwnSocketRemover: ChannelOutboundHandler, Sendable {
  typealias OutboundIn = Never

  private let path: String
  private let own: FileIdentity?

  /// Remembers which socket stands at the path.
  init(_ path: String) {
    self.path = path
    own = try? FileIdentity.at(path)
  }

  func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
    if mode != .input, let own, (try? FileIdentity.at(path)) == own { unlink(path) }
    context.close(mode: mode, promise: promise)
  }
}

/// Which file stands at a path; links are not followed.
private struct FileIdentity: Equatable, Sendable {
  let device: UInt64
  let number: UInt64
  let isSocket: Bool

  /// Looks at a path.
  ///
  /// - Returns: What stands there; nil where nothing does.
  /// - Throws: ``UnusableSocketPath`` where that cannot be seen.
  static func at(_ path: String) throws -> FileIdentity? {
    do {
      let attributes = try FileManager.default.attributesOfItem(atPath: path)
      guard let device = integer(attributes[.systemNumber]), let number = integer(attributes[.systemFileNumber]) else {
        throw UnusableSocketPath(path, "has no number")
      }
      let isSocket = attributes[.type] as? FileAttributeType == .typeSocket
      return FileIdentity(device: device, number: number, isSocket: isSocket)
    } catch let error as CocoaError where error.code == .fileReadNoSuchFile || error.code == .fileNoSuchFile {
      return nil
    } catch let error as CocoaError {
      throw UnusableSocketPath(path, "cannot be looked at: \(error.localizedDescription)")
    }
  }

  /// Foundation has numbers of different types here on different systems.
  private static func integer(_ value: Any?) -> UInt64? {
    if let value = value as? NSNumber { return value.uint64Value }
    return (value as? any BinaryInteger).map { UInt64(truncatingIfNeeded: $0) }
  }
}

/// The lock of a directory; the system gives it up with the process.
private struct DirectoryLock {
  private let descriptor: CInt

  /// Waits for the lock.
  ///
  /// - Throws: ``UnusableSocketPath`` where the directory cannot be read, or somebody else keeps it locked for 5 s: a
  ///   worker has it for the time of three system calls.
  init(_ directory: String, for path: String) async throws {
    descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw UnusableSocketPath(path, "has a directory that cannot be read: \(lastError)") }
    let deadline = NIODeadline.now() + .seconds(5)
    do {
      while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
        guard errno == EWOULDBLOCK || errno == EINTR, NIODeadline.now() < deadline else {
          throw UnusableSocketPath(path, "has a directory that cannot be locked: \(lastError)")
        }
        try await Task.sleep(for: .milliseconds(5))
      }
    } catch {
      release()
      throw error
    }
  }

  /// Gives it up.
  func release() { close(descriptor) }
}

/// What the system said last.
private var lastError: String { String(cString: strerror(errno)) }

/// Somebody else listens there.
struct AddressInUse: Error, CustomStringConvertible {
  let description: String
}

/// A path at which no socket can be made.
struct UnusableSocketPath: Error, CustomStringConvertible {
  let description: String

  init(_ path: String, _ reason: String) {
    description = "unix:\(path) \(reason)"
  }
}
