import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * Stands in for the Spring Boot application: the same two arguments, the same {@code /profile}, nothing to download.
 *
 * <p>{@code --spring.profiles.active=real1,prod} sets the profiles; the first of real1 and real2 among them is the
 * color, and names the port (8081, 8082) unless {@code --server.port} does. TERM ends it gracefully, as
 * {@code server.shutdown=graceful} does: no new connections, what is in flight is answered.
 */
public final class HelloSpring {
    private static final List<String> COLORS = List.of("real1", "real2");
    private static final int GRACE_SECONDS = 30;

    private final String color;

    private HelloSpring(String color) {
        this.color = color;
    }

    public static void main(String[] args) throws IOException {
        List<String> profiles = Arrays.asList(option(args, "spring.profiles.active", "default").split(","));
        String color = profiles.stream().filter(COLORS::contains).findFirst().orElse(profiles.get(0));
        int port = Integer.parseInt(option(args, "server.port", color.equals("real2") ? "8082" : "8081"));
        new HelloSpring(color).serve(port);
        System.out.println("Started with profiles " + profiles + " on port " + port);
    }

    private void serve(int port) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(port), 1024);
        ExecutorService workers = Executors.newCachedThreadPool();
        server.setExecutor(workers);
        server.createContext("/", exchange -> answer(exchange, 404, "no such page"));
        server.createContext("/profile", exchange -> answer(exchange, 200, color));
        server.createContext("/slow", this::slow);
        server.createContext("/stream", this::stream);
        server.start();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            // HttpServer.stop(30) would always take 30 s. The workers know whether a request is in progress.
            workers.shutdown();
            try {
                workers.awaitTermination(GRACE_SECONDS, TimeUnit.SECONDS);
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
            server.stop(0);
        }));
    }

    /** {@code /slow?ms=3000}: the color, late. */
    private void slow(HttpExchange exchange) throws IOException {
        pause(parameter(exchange, "ms", 3000));
        answer(exchange, 200, color);
    }

    /** {@code /stream?seconds=20}: a line every 100 ms, then {@code END}; without it the answer was cut. */
    private void stream(HttpExchange exchange) throws IOException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(parameter(exchange, "seconds", 20));
        headers(exchange);
        exchange.sendResponseHeaders(200, 0);
        try (OutputStream body = exchange.getResponseBody()) {
            for (int number = 0; System.nanoTime() < end; number++) {
                body.write((color + " " + number + "\n").getBytes(StandardCharsets.UTF_8));
                body.flush();
                pause(100);
            }
            body.write("END\n".getBytes(StandardCharsets.UTF_8));
        }
    }

    private void answer(HttpExchange exchange, int status, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        headers(exchange);
        exchange.sendResponseHeaders(status, bytes.length);
        try (OutputStream body = exchange.getResponseBody()) {
            body.write(bytes);
        }
    }

    private void headers(HttpExchange exchange) {
        exchange.getResponseHeaders().set("Content-Type", "text/plain; charset=utf-8");
        exchange.getResponseHeaders().set("X-Color", color);
    }

    private static String option(String[] args, String name, String otherwise) {
        String prefix = "--" + name + "=";
        return Arrays.stream(args)
                .filter(arg -> arg.startsWith(prefix))
                .map(arg -> arg.substring(prefix.length()))
                .findFirst()
                .orElse(otherwise);
    }

    private static long parameter(HttpExchange exchange, String name, long otherwise) {
        String query = exchange.getRequestURI().getQuery();
        if (query == null || !query.matches(name + "=[0-9]{1,6}")) {
            return otherwise;
        }
        return Long.parseLong(query.substring(name.length() + 1));
    }

    private static void pause(long milliseconds) {
        try {
            Thread.sleep(milliseconds);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
