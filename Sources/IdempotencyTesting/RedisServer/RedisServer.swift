import Foundation
public import HiredisNIO
import NIOConcurrencyHelpers
public import NIOCore
import NIOSSL

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A real `redis-server` of a test's own: on a free port of 127.0.0.1, in a directory of its own, gone with the test.
///
/// ```swift
/// let server = try await RedisServer.start()
/// try await server.command("SET", "key", "value")
/// await server.stop()
/// ```
///
/// It is killed when this object or the whole test process goes away, however that happens.
public final class RedisServer: Sendable {
  /// How often another port is tried when one was taken between finding and using it.
  ///
  /// Ports are picked from 12,000 at random, so a second collision is rare and a tenth means something else is wrong.
  private static let maximumAttempts = 10

  /// How the server was started.
  public let options: Options

  /// Where its files are; removed by ``stop()``.
  public let directory: String

  /// Its TCP port, the same after a restart; 0 if it does not listen on TCP.
  public let port: Int

  let certificate: TestCertificate?
  let process: NIOLockedValueBox<ServerProcess>
  let commands: NIOLockedValueBox<RedisClient?> = NIOLockedValueBox(nil)

  /// Starts a server and waits until it accepts connections.
  ///
  /// - Parameter options: How to start it.
  /// - Returns: The server.
  /// - Throws: ``ServerProcessError`` if there is no `redis-server` on PATH, or it does not start.
  public static func start(_ options: Options = Options()) async throws -> RedisServer {
    // Short, because the path of a Unix socket has at most 107 bytes.
    let directory = "/tmp/redis-\(UInt32.random(in: 0...UInt32.max))"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
    do {
      let certificate = options.usesTLS ? try await TestCertificate.make(in: directory) : nil
      for attempt in 1... {
        let port = options.listensOnTCP ? FreePort.find() : 0
        do {
          let arguments = arguments(options, directory, port, certificate)
          let process = try await launch(arguments, environment: options.environment)
          return RedisServer(options, directory, port, certificate, process)
        } catch let error where attempt < maximumAttempts && "\(error)".contains("already in use") {
          continue
        }
      }
    } catch {
      try? FileManager.default.removeItem(atPath: directory)
      throw error
    }
    fatalError("the loop returns or throws")
  }

  private init(
    _ options: Options, _ directory: String, _ port: Int, _ certificate: TestCertificate?, _ process: ServerProcess
  ) {
    self.options = options
    self.directory = directory
    self.port = port
    self.certificate = certificate
    self.process = NIOLockedValueBox(process)
  }

  deinit {
    process.withLockedValue { $0 }.signal(SIGKILL)
    try? FileManager.default.removeItem(atPath: directory)
  }

  /// The path of its Unix socket, whether it listens there or not.
  public var unixSocketPath: String { "\(directory)/redis.sock" }

  /// The file of the certificate that it shows, which signs itself; nil without TLS.
  public var certificateFile: String? { certificate?.certificatePath }

  /// The number of the present process.
  public var processID: Int32 { process.withLockedValue { $0 }.processID }

  /// The last lines that the server logged.
  public var log: String { process.withLockedValue { $0 }.output }

  /// How to reach it as the default user: over TCP, with TLS if it speaks that, or over its Unix socket; connecting
  /// may take 20 s.
  public var configuration: RedisConfiguration {
    var configuration = RedisConfiguration(
      address: options.listensOnTCP ? .tcp(host: "127.0.0.1", port: port) : .unix(path: unixSocketPath))
    configuration.password = options.password
    // A machine that runs many tests at the same time may be slow to answer the greeting.
    configuration.connectTimeout = .seconds(20)
    if let certificate {
      configuration.tls = .makeClientConfiguration()
      configuration.tls?.trustRoots = .file(certificate.certificatePath)
    }
    return configuration
  }

  /// Sends a command as the default user, over a connection of its own.
  ///
  /// - Parameters:
  ///   - arguments: The command and its arguments.
  ///   - timeout: How long it may take.
  /// - Returns: The reply.
  /// - Throws: `RedisError` as the client does.
  @discardableResult
  public func command(
    _ arguments: String..., timeout: TimeAmount = .seconds(5)
  ) async throws(RedisError) -> RESPValue {
    let client = commands.withLockedValue { client in
      if let client { return client }
      let made = RedisClient(configuration: configuration)
      client = made
      return made
    }
    try await client.waitUntilConnected()
    return try await client.send(timeout: timeout) { writer in
      writer.begin(arguments.count)
      for argument in arguments { writer.bulk(argument) }
    }
  }
}
