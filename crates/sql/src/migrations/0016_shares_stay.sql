-- `printer_adder` begins with the organization too, and PostgreSQL took this one for a question that the other answers.
DROP INDEX printer_org;
