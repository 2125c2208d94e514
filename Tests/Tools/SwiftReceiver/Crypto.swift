/// As much of swift-crypto as the receiver asks of it, by OpenSSL: swift-crypto itself takes minutes to build.

import COpenSSL
import Foundation

public struct SymmetricKey: Sendable {
    fileprivate let bytes: [UInt8]

    public init(data: Data) { bytes = Array(data) }
}

public enum SHA256 {}

public enum HMAC<Hash> {
    public static func isValidAuthenticationCode(
        _ code: Data, authenticating data: Data, using key: SymmetricKey
    ) -> Bool {
        let message = Array(data)
        var own = [UInt8](repeating: 0, count: 32)
        var length: UInt32 = 0
        unsafe COpenSSL.HMAC(
            EVP_sha256(), key.bytes, Int32(key.bytes.count), message, message.count, &own, &length)
        return Array(code) == own
    }
}
