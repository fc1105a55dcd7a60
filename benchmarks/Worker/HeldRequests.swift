import NIOCore
import NIOPosix

/// Requests whose operations run until the origin is told to end them: their keys are in progress meanwhile.
struct HeldRequests {
  private let channels: [any Channel]

  /// Sends one for each key, each over a connection of its own.
  static func send(to port: Int, run: UInt32) async throws -> HeldRequests {
    let request = TransferRequest(path: WorkerTraffic.heldPath, keys: run)
    var channels: [any Channel] = []
    for key in 0..<WorkerTraffic.keys {
      let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .connect(host: "127.0.0.1", port: port).get()
      var buffer = ByteBuffer()
      request.write(key: key, into: &buffer)
      try await channel.writeAndFlush(buffer).get()
      channels.append(channel)
    }
    return HeldRequests(channels: channels)
  }

  func close() {
    for channel in channels { channel.close(promise: nil) }
  }
}
