public import NIOCore

/// A value that is one argument of a command, so that a key may come in whatever type the caller holds it.
public protocol RESPArgument: Sendable {
  /// Writes the value as exactly one bulk string.
  ///
  /// - Parameter writer: The command being written.
  func write(to writer: inout RESPCommandWriter)
}

extension String: RESPArgument {
  /// Writes the text as UTF-8.
  ///
  /// - Parameter writer: The command being written.
  @inlinable
  public func write(to writer: inout RESPCommandWriter) { writer.bulk(self) }
}

extension Substring: RESPArgument {
  /// Writes the text as UTF-8.
  ///
  /// - Parameter writer: The command being written.
  @inlinable
  public func write(to writer: inout RESPCommandWriter) { writer.bulk(self) }
}

extension ByteBuffer: RESPArgument {
  /// Writes the readable bytes.
  ///
  /// - Parameter writer: The command being written.
  @inlinable
  public func write(to writer: inout RESPCommandWriter) { writer.bulk(self) }
}

extension [UInt8]: RESPArgument {
  /// Writes the bytes.
  ///
  /// - Parameter writer: The command being written.
  @inlinable
  public func write(to writer: inout RESPCommandWriter) { writer.bulk(self) }
}
