import NIOCore

/// Requests whose keys come in a given order.
final class ContentionTraffic: Traffic {
  private let request: TransferRequest
  private let order: [Int32]
  private var position = 0

  init(_ request: TransferRequest, order: [Int32]) {
    self.request = request
    self.order = order
  }

  func next(into buffer: inout ByteBuffer) -> Bool {
    guard position < order.count else { return false }
    request.write(key: Int(order[position]), into: &buffer)
    position += 1
    return true
  }
}
