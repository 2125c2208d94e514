import Foundation
import Wire

/// Callbacks as the vendors send them, each with an id of its own, and signed.
enum Callback {
    static func telesign(_ id: String, text: String = "Hello", extra: String = "") -> (
        headers: [(String, String)], body: Data
    ) {
        signed(
            """
            {"status":{"code":1500,"description":"Delivered to customer","updated_on":"2023-10-31T14:47:10.490130Z"},\
            "reference_id":"\(id)","user_response":{"sender_id":"4442","iso_country_code":"US","phone_number":"11234567890",\
            "mo_message":"\(text)"},"sub_resource":"mo_sms","errors":[],"submit_timestamp":"2023-10-31T14:47:10.154000Z"\(extra)}
            """)
    }

    /// Any body under Telesign's signature.
    static func signed(_ body: String) -> (headers: [(String, String)], body: Data) { signed(Data(body.utf8)) }

    static func signed(_ data: Data) -> (headers: [(String, String)], body: Data) {
        let key = Data(base64Encoded: RunningMogate.secrets["TELESIGN_KEY"]!)!
        let code = Signature.hmacSHA256(of: data, key: key).base64EncodedString()
        return (
            [
                ("Content-Type", "application/json"),
                ("Authorization", "TSA FFFFFFFF-EEEE-DDDD-1234-AB1234567890:\(code)"),
            ], data
        )
    }
}

/// By Wire, whose codes are held against published vectors in its own tests.
enum Signature {
    static func hmacSHA256(of data: Data, key: Data) -> Data {
        Data(HMACSHA256(key: [UInt8](key)).code(for: [UInt8](data)))
    }
}
