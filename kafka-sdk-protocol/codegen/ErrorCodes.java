import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.protocol.Errors;

/** Prints a line for each error code: number, name, and whether Java calls it retriable. */
public class ErrorCodes {
    public static void main(String[] args) {
        for (Errors e : Errors.values()) {
            boolean retriable = e.exception() instanceof RetriableException;
            System.out.println(e.code() + " " + e.name() + (retriable ? " retriable" : ""));
        }
    }
}
