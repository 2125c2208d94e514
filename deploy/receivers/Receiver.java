import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Base64;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Takes events from mogate: verifies, deduplicates, decodes. Nothing but Java 17.
 *
 * <pre>WEBHOOK_SECRET=whsec_… PORT=8090 java Receiver.java</pre>
 */
public class Receiver {
    static final byte[] key = Base64.getDecoder().decode(System.getenv("WEBHOOK_SECRET").replaceFirst("^whsec_", ""));
    /** In earnest: a unique key in your database, written in the transaction that does what is to be done. */
    static final Set<String> seen = ConcurrentHashMap.newKeySet();

    /** https://www.standardwebhooks.com; the artifact of that name does the same. */
    static boolean isAuthentic(String id, String timestamp, String signatures, byte[] body)
            throws GeneralSecurityException {
        if (id == null || timestamp == null || signatures == null || !timestamp.matches("\\d{1,12}")) return false;
        if (Math.abs(Instant.now().getEpochSecond() - Long.parseLong(timestamp)) > 300) return false;
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(key, "HmacSHA256"));
        mac.update((id + "." + timestamp + ".").getBytes(StandardCharsets.UTF_8));
        byte[] expected = ("v1," + Base64.getEncoder().encodeToString(mac.doFinal(body))).getBytes(StandardCharsets.UTF_8);
        for (String signature : signatures.split(" "))
            if (MessageDigest.isEqual(expected, signature.getBytes(StandardCharsets.UTF_8))) return true;
        return false;
    }

    /** The event as JSON, for the library that you read JSON with. */
    static void handle(String event) {
        System.out.println(event);
    }

    public static void main(String[] arguments) throws IOException {
        String port = System.getenv().getOrDefault("PORT", "8090");
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", Integer.parseInt(port)), 0);
        server.createContext("/", exchange -> {
            try (exchange) {
                var headers = exchange.getRequestHeaders();
                byte[] body = exchange.getRequestBody().readAllBytes();
                String id = headers.getFirst("webhook-id");
                boolean isGood = isAuthentic(
                    id, headers.getFirst("webhook-timestamp"), headers.getFirst("webhook-signature"), body);
                // In the structured format, the id of the request is the id of the event.
                if (isGood && seen.add(id)) handle(new String(body, StandardCharsets.UTF_8));
                exchange.sendResponseHeaders(isGood ? 204 : 401, -1);
            } catch (GeneralSecurityException problem) {
                throw new IllegalStateException(problem);
            }
        });
        server.start();
        System.out.println("listening on " + server.getAddress().getPort());
    }
}
