"""What is bought together: frequent itemsets and association rules, checked on later orders."""
