import ArgumentParser
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix

/// The API behind the workers, in a process of its own: it counts what it does for each key.
struct OriginCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "origin", abstract: "An API that counts its effects; benchmarks start it.", shouldDisplay: false)

  @Option(help: "How long an operation takes, in milliseconds.")
  var milliseconds = 0

  @Option(help: "How long its answer's body is, in bytes.")
  var bytes = Origin.bodyBytes

  func run() async throws {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let (pause, bytes) = (TimeAmount.milliseconds(Int64(milliseconds)), bytes)
    // All on one loop, so that one ledger needs no lock.
    let ledger = NIOLoopBoundBox.makeBoxSendingValue(Ledger(), eventLoop: group.next())
    let listener = try await ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 4096)
      .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.configureHTTPServerPipeline(withErrorHandling: false)
          try channel.pipeline.syncOperations.addHandler(
            OriginHandler(ledger: ledger.value, pause: pause, bytes: bytes))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    print("listening on http://127.0.0.1:\(listener.localAddress?.port ?? 0)")
    fflush(nil)
    try await listener.closeFuture.get()
  }
}
